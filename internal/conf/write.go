package conf

import (
	"bytes"

	"go.yaml.in/yaml/v4"
)

// Write returns a tree as YAML. What stands for a value from outside is written as it
// was, ${…}, and not its value.
func Write(n *Node) ([]byte, error) {
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(n.yaml()); err != nil {
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

func (n *Node) yaml() *yaml.Node {
	switch n.Kind {
	case Map:
		out := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for _, f := range n.Fields {
			out.Content = append(out.Content, f.Key.yaml(), f.Value.yaml())
		}
		return out
	case List:
		out := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for _, item := range n.Items {
			out.Content = append(out.Content, item.yaml())
		}
		return out
	case Null:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	}
	return n.scalar()
}

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
