package conf

import (
	"fmt"
	"reflect"
	"slices"
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
// far as it can be written in a line; settings within settings, too. defaults is a value of
// the settings struct. What is short for one setting becomes a map. The settings themselves
// are not changed.
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
		if inner, is := innerDefaults(s, v); is {
			out.complete(s.Name, inner)
		} else if value := defaultNode(s, v); value != nil && out.Get(s.Name) == nil {
			out.Fields = append(out.Fields, Field{Key: Text(s.Name), Value: value})
		}
	}
	return out
}

// innerDefaults are those of a setting that holds settings itself.
func innerDefaults(s Setting, defaults reflect.Value) (v reflect.Value, is bool) {
	v = defaults.FieldByIndex(s.Index)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v = reflect.New(v.Type().Elem())
		}
		v = v.Elem()
	}
	return v, v.Kind() == reflect.Struct && s.Shape().Form == FormStruct
}

// complete adds what a setting that holds settings leaves out. One that is left out itself
// is added when nothing in it has to be given.
func (n *Node) complete(name string, defaults reflect.Value) {
	i := slices.IndexFunc(n.Fields, func(f Field) bool { return f.Key.Value == name })
	if i >= 0 && n.Fields[i].Value.Kind != Null {
		n.Fields[i].Value = WithDefaults(n.Fields[i].Value, defaults.Interface())
		return
	}
	_, asks := findSetting(Settings(defaults.Type()), func(s Setting) bool { return s.Required })
	value := WithDefaults(&Node{Kind: Map}, defaults.Interface())
	switch {
	case asks || len(value.Fields) == 0:
	case i >= 0:
		n.Fields[i].Value = value
	default:
		n.Fields = append(n.Fields, Field{Key: Text(name), Value: value})
	}
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
