package conf

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// builder makes our tree from that of the YAML package: anchors are copied to
// where they are used, ${…} is expanded, and what we do not allow is reported.
type builder struct {
	src     *source
	p       *Problems
	expand  expander
	open    []*yaml.Node // anchors being copied, to find one that holds itself
	copied  int
	outer   *Node // where the outermost of them is used
	refused bool  // the file was already reported as too deep or too large
}

func (b *builder) node(y *yaml.Node, name string, depth int) *Node {
	n := b.place(y)
	n.name = name
	if b.tooMuch(n, depth) {
		n.Kind, n.broken = Null, true
		return n
	}
	switch y.Kind {
	case yaml.AliasNode:
		return b.alias(y, n, depth)
	case yaml.MappingNode:
		n.Kind = Map
		b.fields(n, y, depth)
	case yaml.SequenceNode:
		n.Kind = List
		for _, item := range y.Content {
			n.Items = append(n.Items, b.node(item, name, depth+1))
		}
	default:
		b.scalar(n, y)
	}
	b.checkTag(n, y)
	return n
}

func (b *builder) place(y *yaml.Node) *Node {
	n := &Node{File: b.src.name, src: b.src}
	n.Line, n.Col = b.src.clamp(y.Line, y.Column)
	return n
}

func (b *builder) tooMuch(n *Node, depth int) bool {
	if len(b.open) > 0 {
		b.copied++
	}
	switch {
	case b.refused:
	case depth > maxDepth:
		b.p.add(n, fmt.Sprintf("nested deeper than %d levels", maxDepth))
		b.refused = true
	case b.copied > maxAliasNodes:
		b.p.add(b.outer, "the aliases in this file stand for too much").
			Hint = "write the repeated settings out, or use fewer *aliases inside *aliases"
		b.refused = true
	}
	return b.refused
}

// alias copies what the anchor marks. The copy keeps the place of the anchor,
// because that is where a mistake in it has to be mended.
func (b *builder) alias(y *yaml.Node, n *Node, depth int) *Node {
	for _, open := range b.open {
		if open == y.Alias {
			b.p.add(n, fmt.Sprintf("*%s stands for something that holds it", y.Value))
			n.Kind, n.broken = Null, true
			return n
		}
	}
	if len(b.open) == 0 {
		b.outer = n
	}
	b.open = append(b.open, y.Alias)
	defer func() { b.open = b.open[:len(b.open)-1] }()
	return b.node(y.Alias, n.name, depth)
}

func (b *builder) scalar(n *Node, y *yaml.Node) {
	const quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	n.Value, n.Raw = y.Value, y.Value
	n.Plain = y.Style&(quoted|yaml.TaggedStyle) == 0
	if n.Plain && y.Tag == "!!null" {
		n.Kind = Null
		return
	}
	b.expand.scalar(n)
}

// checkTag refuses tags such as !!binary: the setting decides what its value
// means, not the file.
func (b *builder) checkTag(n *Node, y *yaml.Node) {
	if y.Style&yaml.TaggedStyle == 0 || y.Tag == "!!str" || y.Tag == "!!map" || y.Tag == "!!seq" {
		return
	}
	b.p.add(n, fmt.Sprintf("the tag %s is not used here", strings.TrimSpace(y.Tag))).
		Hint = "remove it; text that starts with ! needs quotes"
	n.broken = true
}
