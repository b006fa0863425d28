package conf

import "encoding/json"

// Values are settings that are passed on to somebody else, who knows what they mean.
type Values struct{ node *Node }

// UnmarshalNode implements [NodeUnmarshaler].
func (v *Values) UnmarshalNode(n *Node, p *Problems) {
	if n.Kind != Map && n.Kind != Null {
		p.Errorf(n, "%swant settings as name: value", label(n))
		return
	}
	v.node = n
}

// JSON returns the settings as an object; see [Node.Any] for what is a number.
func (v Values) JSON() ([]byte, error) {
	if v.node == nil || v.node.Kind == Null {
		return []byte("{}"), nil
	}
	return json.Marshal(v.node.Any())
}

// Expanded returns the texts that are not as they were written: they hold what came from
// the environment or from a file, and may be secrets.
func (v Values) Expanded() []string { return v.node.expanded() }

func (n *Node) expanded() (texts []string) {
	if n == nil {
		return nil
	}
	if n.Kind == Scalar && n.Value != n.Raw {
		texts = append(texts, n.Value)
	}
	for _, f := range n.Fields {
		texts = append(texts, f.Value.expanded()...)
	}
	for _, item := range n.Items {
		texts = append(texts, item.expanded()...)
	}
	return texts
}

// Shape says that any settings are taken.
func (Values) Shape() Shape { return MapOf(Shape{Form: FormAny}) }
