package conf

import "reflect"

// list replaces a slice. With one, a node that is not a list is its only item.
func (d *decoder) list(n *Node, v reflect.Value, one bool) {
	items := n.Items
	switch {
	case one:
		items = []*Node{n}
	case n.Kind == Null:
		return
	case n.Kind != List:
		d.want(n, "a list")
		return
	}
	list := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		d.item(item, list.Index(i))
	}
	v.Set(list)
}

func (d *decoder) item(n *Node, v reflect.Value) {
	if n.Kind == Null && !n.broken && isText(v.Type()) {
		d.problem(n, label(n)+"an item of the list is empty")
		return
	}
	d.value(n, v)
}

// mapping replaces a map whose keys are text.
func (d *decoder) mapping(n *Node, v reflect.Value) {
	if v.Type().Key().Kind() != reflect.String {
		panic("conf: the keys of a setting must be text: " + v.Type().String())
	}
	switch n.Kind {
	case Null:
		return
	case Map:
	default:
		d.want(n, Map.String())
		return
	}
	filled := reflect.MakeMapWithSize(v.Type(), len(n.Fields))
	for _, f := range n.Fields {
		value := reflect.New(v.Type().Elem()).Elem()
		d.value(f.Value, value)
		filled.SetMapIndex(reflect.ValueOf(f.Key.Value).Convert(v.Type().Key()), value)
	}
	v.Set(filled)
}
