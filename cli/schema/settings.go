package schema

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// deepest is how far settings within settings are described: a type may hold itself.
const deepest = 6

// settings is the schema of a settings struct whose values are the defaults. special has
// the schemas of settings that say nothing about themselves.
func (w *writer) settings(defaults reflect.Value, special object) object {
	if w.depth++; w.depth > deepest {
		w.depth--
		return object{"type": []any{"object", "null"}}
	}
	defer func() { w.depth-- }()
	properties, required := object{}, []any{}
	for _, s := range conf.Settings(defaults.Type()) {
		p, ok := special[s.Name].(object)
		if !ok {
			p = w.value(s.Shape(), !s.Required, innerDefaults(s, defaults))
		}
		if s.Required {
			required = append(required, s.Name)
		}
		properties[s.Name] = w.annotated(p, s, defaults)
	}
	out := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	} else {
		out["type"] = []any{"object", "null"}
	}
	return w.withShort(out, defaults)
}

// withShort adds the form in which one setting stands for the whole.
func (w *writer) withShort(full object, defaults reflect.Value) object {
	short, alone := conf.ShortShape(defaults.Type())
	if !alone {
		return full
	}
	return object{"anyOf": []any{full, w.value(short, false, reflect.Value{})}}
}

// annotated says what a setting means, and what it is otherwise.
func (w *writer) annotated(p object, s conf.Setting, defaults reflect.Value) object {
	if about := w.texts.Field(defaults.Type(), s.Index); about != "" {
		p["description"] = about
	}
	if value, ok := written(s, defaults); ok {
		p["default"] = value
	}
	return p
}

// written is the default of a setting as a value of JSON.
func written(s conf.Setting, defaults reflect.Value) (any, bool) {
	text := conf.Default(s, defaults)
	if text == "" {
		return nil, false
	}
	switch v := defaults.FieldByIndex(s.Index); v.Kind() {
	case reflect.Bool, reflect.Slice, reflect.Float64:
		return v.Interface(), true
	case reflect.Int, reflect.Int64:
		if s.Shape().Form == conf.FormWhole {
			return v.Int(), true
		}
	}
	return text, true
}

// innerDefaults are the defaults of a struct within the settings, if there are any.
func innerDefaults(s conf.Setting, defaults reflect.Value) reflect.Value {
	v := defaults.FieldByIndex(s.Index)
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() == reflect.Struct {
		return v
	}
	return reflect.Value{}
}

// needsSettings reports whether something cannot be named without settings.
func needsSettings(d pipeline.Def) bool {
	for _, s := range conf.Settings(reflect.TypeOf(d.Defaults)) {
		if s.Required {
			return true
		}
	}
	return false
}

// list makes JSON's values of a list of texts.
func list(names []string) (out []any) {
	for _, name := range names {
		out = append(out, name)
	}
	return out
}

// nullable is a schema that takes nothing as well.
func nullable(s object) object {
	return object{"anyOf": []any{s, object{"type": "null"}}}
}

// escaped is a name in a JSON pointer.
func escaped(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1", " ", "%20").Replace(name)
}

// parsed is a value that is written as YAML's text, as JSON.
func parsed(text string) any {
	var v any
	if json.Unmarshal([]byte(text), &v) == nil {
		return v
	}
	return text
}
