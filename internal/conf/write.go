package conf

import (
	"bytes"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Write returns a tree as YAML. What stands for a value from outside is written as it
// was, ${…}, and not its value.
func Write(n *Node) ([]byte, error) { return write(n, writer{}) }

// WriteWithPlaces is [Write] with the place of each value in a comment behind it: the file
// and line that it was read from, or that it is a default.
func WriteWithPlaces(n *Node) ([]byte, error) { return write(n, writer{places: true}) }

// writer turns nodes into those of the YAML package.
type writer struct{ places bool }

func write(n *Node, w writer) ([]byte, error) {
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(w.yaml(n)); err != nil {
		return nil, err
	}
	if err := e.Close(); err != nil {
		return nil, err
	}
	if !bytes.HasSuffix(out.Bytes(), []byte("\n")) {
		out.WriteByte('\n') // after {} there is none
	}
	return out.Bytes(), nil
}

func (w writer) yaml(n *Node) *yaml.Node {
	switch n.Kind {
	case Map:
		out := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for _, f := range n.Fields {
			out.Content = append(out.Content, w.name(f.Key), w.yaml(f.Value))
		}
		return out
	case List:
		out := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for _, item := range n.Items {
			out.Content = append(out.Content, w.yaml(item))
		}
		return out
	case Null:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	}
	out := n.scalar()
	if w.places && n.isDefault {
		out.LineComment = "# default"
	}
	if w.places && n.Line > 0 {
		out.LineComment = fmt.Sprintf("# %s:%d", strings.Join(strings.Fields(n.File), " "), n.Line)
	}
	return out
}

// name is the name of a setting; its value says where it is from.
func (w writer) name(n *Node) *yaml.Node { return writer{}.yaml(n) }

// scalar keeps text that was quoted from becoming a number, and numbers from quotes.
func (n *Node) scalar() *yaml.Node {
	out := &yaml.Node{Kind: yaml.ScalarNode, Value: n.Raw}
	if n.Raw == "" {
		out.Value = n.Value
	}
	if !n.Plain {
		out.Tag, out.Style = "!!str", yaml.SingleQuotedStyle
	}
	return out
}

// Text is a scalar of the program's own.
func Text(text string) *Node { return &Node{Kind: Scalar, Value: text, Raw: text, Plain: true} }
