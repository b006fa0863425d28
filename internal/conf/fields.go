package conf

import (
	"fmt"

	"go.yaml.in/yaml/v4"
)

// fields reads the pairs of a map. What the map says itself wins over what it
// takes over with <<.
func (b *builder) fields(n *Node, y *yaml.Node, depth int) {
	seen := map[string]*Node{}
	var bases []*yaml.Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		if key.Kind == yaml.ScalarNode && key.Tag == "!!merge" {
			bases = append(bases, value)
			continue
		}
		if k := b.key(key); k != nil && b.unseen(k, seen) {
			n.Fields = append(n.Fields, Field{Key: k, Value: b.node(value, k.Value, depth+1)})
		}
	}
	for _, base := range bases {
		b.takeOver(n, b.node(base, n.name, depth+1), seen)
	}
}

// key reads the name of a setting, or returns nil if it is not a name.
func (b *builder) key(y *yaml.Node) *Node {
	k := b.place(y)
	if y.Kind == yaml.AliasNode {
		y = y.Alias
	}
	if y.Kind != yaml.ScalarNode || y.Value == "" {
		b.p.add(k, "expected the name of a setting before the colon").
			Hint = "text with { } or [ ] in it needs quotes"
		return nil
	}
	k.Value, k.Raw, k.Plain = y.Value, y.Value, y.Style == 0
	return k
}

func (b *builder) unseen(k *Node, seen map[string]*Node) bool {
	first, twice := seen[k.Value]
	if twice {
		b.p.add(k, fmt.Sprintf("%q is set twice", k.Value)).
			Hint = fmt.Sprintf("it is already set on line %d; keep one of them", first.Line)
		return false
	}
	seen[k.Value] = k
	return true
}

// takeOver adds the fields of what << points at: a map, or a list of them, of
// which the first one that has a name wins.
func (b *builder) takeOver(n, base *Node, seen map[string]*Node) {
	switch base.Kind {
	case Map:
		for _, f := range base.Fields {
			if seen[f.Key.Value] == nil {
				seen[f.Key.Value] = f.Key
				n.Fields = append(n.Fields, f)
			}
		}
	case List:
		for _, item := range base.Items {
			b.takeOver(n, item, seen)
		}
	default:
		if !base.broken {
			b.p.add(base, "<< takes over settings: give it an *alias of a map")
		}
	}
}
