package conf

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// structure fills a struct and, when that went well, asks it to check itself.
func (d *decoder) structure(n *Node, v reflect.Value) {
	before := d.wrong
	settings := Settings(v.Type())
	switch n.Kind {
	case Map:
		d.unknown(n, settings)
		for _, s := range settings {
			d.setting(n.Get(s.Name), s, v)
		}
		d.required(n, n, settings)
	case Null:
		d.required(n, n, settings)
	default:
		d.short(n, v, settings)
	}
	if d.wrong == before {
		d.validate(n, v)
	}
}

func (d *decoder) setting(n *Node, s Setting, v reflect.Value) {
	if n == nil {
		return
	}
	field := v.FieldByIndex(s.Index)
	keepsNull := s.Type == nodeType || s.Type == nodePointerType
	switch {
	case n.broken && !keepsNull:
		d.wrong++
	case n.Kind == Null && !keepsNull:
	case s.One && field.Kind() == reflect.Slice && n.Kind != List:
		d.list(n, field, true)
	case len(s.Values) > 0:
		d.word(n, field, s.Values)
	default:
		d.value(n, field)
	}
}

// word fills a text that has to be one of some words.
func (d *decoder) word(n *Node, v reflect.Value, words []string) {
	before := d.wrong
	d.value(n, v)
	if d.wrong > before || slices.Contains(words, n.Value) {
		return
	}
	problem := d.want(n, alternatives(words))
	if near := Nearest(n.Value, words); near != "" && n.Value == n.Raw {
		problem.Hint = fmt.Sprintf("did you mean %q?", near)
	}
}

// alternatives lists words as in "a, b or c".
func alternatives(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// short fills the one setting that may stand for the whole.
func (d *decoder) short(n *Node, v reflect.Value, settings []Setting) {
	s, ok := findSetting(settings, func(s Setting) bool { return s.Short })
	if !ok {
		d.want(n, Map.String()).Hint = known(settings)
		return
	}
	d.setting(n, s, v)
	alone := &Node{Fields: []Field{{Key: &Node{Value: s.Name}, Value: n}}}
	d.required(n, alone, settings)
}

// required reports, at n, the settings that given lacks.
func (d *decoder) required(n, given *Node, settings []Setting) {
	for _, s := range settings {
		if !s.Required {
			continue
		}
		if value := given.Get(s.Name); value == nil || value.Kind == Null && !value.broken {
			d.problem(n, label(n)+fmt.Sprintf("%q is required", s.Name))
		}
	}
}

func (d *decoder) unknown(n *Node, settings []Setting) {
	for _, f := range n.Fields {
		name := f.Key.Value
		if _, ok := findSetting(settings, func(s Setting) bool { return s.Name == name }); ok {
			continue
		}
		problem := d.problem(f.Key, "unknown setting "+quote(name))
		if near := Nearest(name, names(settings)); near != "" {
			problem.Hint = fmt.Sprintf("did you mean %q?", near)
		} else {
			problem.Hint = known(settings)
		}
	}
}

func known(settings []Setting) string {
	if len(settings) == 0 {
		return "there are no settings here"
	}
	return "known settings: " + strings.Join(names(settings), ", ")
}

func names(settings []Setting) []string {
	names := make([]string, len(settings))
	for i, s := range settings {
		names[i] = s.Name
	}
	return names
}
