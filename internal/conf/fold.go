package conf

import "reflect"

// CaseFolder is implemented by what is read from text and holds names of fields.
// FoldCase is called after the reading, when the node says so: from then on the
// names match in either casing.
type CaseFolder interface{ FoldCase() }

// FoldCase sets Fold for n, the keys of maps and everything below it.
func (n *Node) FoldCase() {
	if n == nil {
		return
	}
	n.Fold = true
	for _, f := range n.Fields {
		f.Key.Fold = true
		f.Value.FoldCase()
	}
	for _, item := range n.Items {
		item.FoldCase()
	}
}

func fold(n *Node, v reflect.Value) {
	if f, ok := v.Addr().Interface().(CaseFolder); ok && n.Fold {
		f.FoldCase()
	}
}
