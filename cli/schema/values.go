package schema

import (
	"reflect"

	"github.com/leat-io/leat/internal/conf"
)

// variable matches text with a ${NAME} in it, whose value nobody knows here.
const variable = `\$\{`

// Patterns of what has a unit. leat takes a bare 0 for a duration as well; editors ask
// for 0s.
const (
	whole    = `[+-]?[0-9]+`
	number   = `[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?`
	duration = `[+-]?(?:0|(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)`
	size     = `[0-9]+(?:\.[0-9]+)?\s*(?:(?:[KkMmGgTt][Ii]?)?[Bb])?`
	span     = duration + `(?:\s*\.\.\s*` + duration + `)?`
)

// orVariable is a pattern for a whole text, or one with a variable in it.
func orVariable(pattern string) string { return `^(?:` + pattern + `)$|` + variable }

// scalars are the types of JSON, and the pattern of texts, of a form.
var scalars = map[conf.Form]struct {
	types   []any
	pattern string
}{
	conf.FormText:     {[]any{"string", "number", "boolean"}, ""},
	conf.FormBool:     {[]any{"boolean", "string"}, `true|false`},
	conf.FormWhole:    {[]any{"integer", "string"}, whole},
	conf.FormNumber:   {[]any{"number", "string"}, number},
	conf.FormDuration: {[]any{"string"}, duration},
	conf.FormSize:     {[]any{"string", "integer"}, size},
	conf.FormRange:    {[]any{"string"}, span},
}

// wanted is what editors say of another value, who know these words beside the standard.
var wanted = map[conf.Form]string{
	conf.FormDuration: "want a duration such as 30s, 5m or 120h",
	conf.FormSize:     "want a size such as 64KiB, 1MiB or 10MB",
	conf.FormRange:    "want a duration such as 5s, or a range such as 200ms..30s",
	conf.FormBool:     "want true or false",
	conf.FormWhole:    "want a whole number",
}

// value is the schema of a value. empty says that nothing may stand there; defaults are
// those of a struct, if it has any.
func (w *writer) value(s conf.Shape, empty bool, defaults reflect.Value) object {
	plain := w.plainValue(s, empty, defaults)
	if !w.preset || s.Form == conf.FormAny {
		return plain
	}
	return object{"anyOf": []any{plain, object{"type": "string", "pattern": placeholder}}}
}

// placeholder matches what stands for a parameter of a preset.
const placeholder = `^\$[A-Za-z_]`

func (w *writer) plainValue(s conf.Shape, empty bool, defaults reflect.Value) object {
	switch s.Form {
	case conf.FormList:
		return typedAs("array", empty, object{"items": w.value(*s.Item, false, reflect.Value{})})
	case conf.FormMap:
		return typedAs("object", empty, object{"additionalProperties": w.value(*s.Item, true, reflect.Value{})})
	case conf.FormStruct:
		return w.structure(s.Type, empty, defaults)
	case conf.FormEither:
		return w.either(s.Either, empty)
	case conf.FormAny:
		return object{}
	}
	return scalar(s, empty)
}

func typedAs(name string, empty bool, s object) object {
	if s["type"] = name; empty {
		s["type"] = []any{name, "null"}
	}
	return s
}

func scalar(s conf.Shape, empty bool) object {
	form := scalars[s.Form]
	types := form.types[:len(form.types):len(form.types)]
	if empty {
		types = append(types, "null")
	}
	switch {
	case len(s.Values) > 0:
		other := typedAs("string", empty, object{"pattern": variable})
		return object{"anyOf": []any{object{"type": "string", "enum": list(s.Values)}, other}}
	case s.Pattern != "":
		return typedAs("string", empty, object{"pattern": s.Pattern + "|" + variable})
	}
	out := object{"type": types}
	if form.pattern != "" {
		out["pattern"] = orVariable(form.pattern)
	}
	if text := wanted[s.Form]; text != "" {
		out["errorMessage"], out["patternErrorMessage"] = text, text
	}
	return out
}

// structure is the schema of settings within settings.
func (w *writer) structure(t reflect.Type, empty bool, defaults reflect.Value) object {
	if !defaults.IsValid() {
		defaults = reflect.Zero(t)
	}
	s := w.settings(defaults, nil)
	if _, takesNull := s["type"].([]any); empty && !takesNull {
		return nullable(s)
	}
	return s
}

// either is the schema of one of several shapes.
func (w *writer) either(shapes []conf.Shape, empty bool) object {
	var any []any
	for i, s := range shapes {
		any = append(any, w.value(s, empty && i == 0, reflect.Value{}))
	}
	return object{"anyOf": any}
}
