package manual

import (
	"reflect"

	"github.com/leat-io/leat/internal/conf"
)

// Page returns the page of what has these settings. defaults is a value of its settings
// struct.
func (t *Texts) Page(kind, name string, defaults any) Page {
	settings := reflect.TypeOf(defaults)
	return Page{
		Kind:      kind,
		Name:      name,
		About:     t.about(Folder(settings)),
		Behaviour: t.behaviour(settings),
		Settings:  t.Settings(reflect.ValueOf(defaults)),
		Examples:  t.Examples[Folder(settings)],
	}
}

// Settings returns the settings of a struct whose values are the defaults.
func (t *Texts) Settings(defaults reflect.Value) []Setting { return t.settings(defaults, 0) }

// deepest is how far settings within settings are shown: a type may hold itself.
const deepest = 6

func (t *Texts) settings(defaults reflect.Value, depth int) (list []Setting) {
	if depth > deepest {
		return nil
	}
	for _, s := range conf.Settings(defaults.Type()) {
		list = append(list, Setting{
			Name:     s.Name,
			Required: s.Required,
			Type:     typeOf(s),
			Default:  conf.Default(s, defaults),
			About:    t.Field(defaults.Type(), s.Index),
			Inner:    t.inner(s, defaults, depth+1),
		})
	}
	return list
}

// typeOf is what a setting takes; empty where only its text says it, as of the stages of a
// flow.
func typeOf(s conf.Setting) string {
	if s.Type == reflect.TypeFor[*conf.Node]() || s.Type == reflect.TypeFor[conf.Node]() {
		return ""
	}
	return Words(s.Shape())
}

// inner returns the settings within a setting, or within the items of a list.
func (t *Texts) inner(s conf.Setting, defaults reflect.Value, depth int) []Setting {
	v := defaults.FieldByIndex(s.Index)
	if v.Kind() == reflect.Slice {
		v = reflect.Zero(v.Type().Elem())
	}
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	} else if v.Kind() == reflect.Pointer {
		v = reflect.Zero(v.Type().Elem())
	}
	if conf.ShapeOf(v.Type()).Form != conf.FormStruct {
		return nil
	}
	return t.settings(v, depth)
}
