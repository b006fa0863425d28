package conf

import "slices"

// Merge lays over on base: maps merge by name, anything else replaces. It leaves both
// trees alone.
func Merge(base, over *Node) *Node { return merge(base, over) }

// Without returns a map without some of its settings.
func (n *Node) Without(names ...string) *Node {
	rest := *n
	rest.Fields = slices.DeleteFunc(slices.Clone(n.Fields), func(f Field) bool { return slices.Contains(names, f.Key.Value) })
	return &rest
}

// Substitute returns a copy of the tree in which f has replaced scalars. Where f returns
// nil, the setting or the item is left out; a list that f returns for an item of a list
// takes that item's place among the others.
func (n *Node) Substitute(f func(*Node) *Node) *Node {
	switch n.Kind {
	case Scalar:
		return f(n)
	case Map:
		return n.substituteFields(f)
	case List:
		return n.substituteItems(f)
	}
	return n
}

func (n *Node) substituteFields(f func(*Node) *Node) *Node {
	out := *n
	out.Fields = make([]Field, 0, len(n.Fields))
	for _, field := range n.Fields {
		if v := field.Value.Substitute(f); v != nil {
			out.Fields = append(out.Fields, Field{field.Key, v})
		}
	}
	return &out
}

func (n *Node) substituteItems(f func(*Node) *Node) *Node {
	out := *n
	out.Items = make([]*Node, 0, len(n.Items))
	for _, item := range n.Items {
		switch v := item.Substitute(f); {
		case v == nil:
		case item.Kind == Scalar && v.Kind == List:
			out.Items = append(out.Items, v.Items...)
		default:
			out.Items = append(out.Items, v)
		}
	}
	return &out
}

// PlacedAt returns a copy of n that problems show at the place of another node.
func (n *Node) PlacedAt(at *Node) *Node {
	moved := *n
	moved.File, moved.Line, moved.Col, moved.name, moved.src = at.File, at.Line, at.Col, at.name, at.src
	return &moved
}
