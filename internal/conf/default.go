package conf

import (
	"fmt"
	"reflect"
)

// Default returns what a setting is when nothing is written, as it would be written, or "".
func Default(s Setting, defaults reflect.Value) string {
	v := defaults.FieldByIndex(s.Index)
	if s.Required || v.IsZero() || v.Kind() == reflect.Struct && !isMeasure(v) || v.Kind() == reflect.Pointer {
		return ""
	}
	return Written(v.Interface())
}

func isMeasure(v reflect.Value) bool { _, ok := v.Interface().(fmt.Stringer); return ok }

// WithDefaults returns settings with those that they leave out and that have a default, as
// far as it can be written in a line. defaults is a value of the settings struct. What is
// short for one setting becomes a map. The settings themselves are not changed.
func WithDefaults(n *Node, defaults any) *Node {
	v := reflect.ValueOf(defaults)
	settings := Settings(v.Type())
	out := &Node{File: n.File, Line: n.Line, Col: n.Col, Kind: Map}
	switch short, ok := findSetting(settings, func(s Setting) bool { return s.Short }); {
	case n.Kind == Map:
		out.Fields = append(out.Fields, n.Fields...)
	case n.Kind == Null:
	case !ok:
		return n
	default:
		out.Fields = []Field{{Key: Text(short.Name), Value: n}}
	}
	for _, s := range settings {
		if value := defaultNode(s, v); value != nil && out.Get(s.Name) == nil {
			out.Fields = append(out.Fields, Field{Key: Text(s.Name), Value: value})
		}
	}
	return out
}

func defaultNode(s Setting, defaults reflect.Value) *Node {
	text := Default(s, defaults)
	if text == "" {
		return nil
	}
	root, problems := Parse([]Source{{Name: "default", Data: []byte("default: " + text)}}, nil, nil)
	if problems.HasErrors() {
		return nil
	}
	n := root.Get("default")
	n.markDefault()
	return n
}

func (n *Node) markDefault() {
	n.Line, n.isDefault = 0, true
	for _, item := range n.Items {
		item.markDefault()
	}
	for _, f := range n.Fields {
		f.Value.markDefault()
	}
}
