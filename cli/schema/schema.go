// Package schema writes the JSON Schema (2020-12) of pipeline.yaml: what editors
// complete and check by, made from the same declarations as the manual.
//
// It accepts what leat accepts, but for durations of a bare 0. It cannot say everything that check says: what one
// setting means to another, and whether names of sinks and flows are there. Where a
// value is a scalar it may be ${NAME} instead.
package schema

import (
	"bytes"
	"encoding/json"
	"reflect"

	"github.com/leat-io/leat/internal/manual"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/setup"
)

// ID and PresetID are where the schemas of leat's own catalog can be read.
const (
	ID       = "https://raw.githubusercontent.com/leat-io/leat/main/docs/pipeline.schema.json"
	PresetID = "https://raw.githubusercontent.com/leat-io/leat/main/docs/preset.schema.json"
)

// object is a schema, or a part of one.
type object = map[string]any

// writer collects the definitions of a schema.
type writer struct {
	texts   *manual.Texts
	catalog pipeline.Catalog
	setups  []setup.Def
	file    pipeline.FileSettings
	defs    object
	depth   int  // of settings within settings
	preset  bool // in place of any value may stand a parameter of a preset
}

// Write returns the schema of files that may name what is in the catalog. Its
// descriptions are the texts of the manual.
func Write(texts *manual.Texts, catalog pipeline.Catalog, setups ...setup.Def) ([]byte, error) {
	w := &writer{texts: texts, catalog: catalog, setups: setups, file: pipeline.DescribeFile(), defs: object{}}
	root, err := w.root()
	if err != nil {
		return nil, err
	}
	return w.text(root, ID, "pipeline.yaml of leat")
}

// text is a whole schema as it is written.
func (w *writer) text(root object, id, title string) ([]byte, error) {
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"] = id
	root["title"] = title
	root["$defs"] = w.defs
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err := e.Encode(root)
	return out.Bytes(), err
}

// root is the schema of a file.
func (w *writer) root() (object, error) {
	w.defineParts()
	if err := w.defineSources(); err != nil {
		return nil, err
	}
	root := w.settings(reflect.ValueOf(w.file.File), object{
		"version": object{"anyOf": []any{object{"const": 1}, object{"type": "string", "pattern": orVariable(`1`)}}},
		"state":   nullable(ref("state")),
		"flows":   object{"type": "object", "minProperties": 1, "propertyNames": object{"pattern": `^[^/ \t]+$`}, "additionalProperties": ref("flow")},
		"sinks":   object{"type": []any{"object", "null"}, "additionalProperties": ref("sink")},
	})
	root["required"] = []any{"flows", "version"}
	// Files with presets of their own may name sources that are not known here.
	root["if"] = object{"not": object{"required": []any{"presets"}}}
	root["then"] = object{"properties": object{"flows": object{"additionalProperties": object{"properties": object{"from": ref("known sources")}}}}}
	return root, nil
}

// defineParts defines what files consist of, but for sources.
func (w *writer) defineParts() {
	var stages, sinks, states []pipeline.Def
	for _, d := range w.catalog.Stages {
		stages = append(stages, d.Def)
	}
	for _, d := range w.catalog.Sinks {
		sinks = append(sinks, d.Def)
	}
	for _, d := range w.catalog.States {
		states = append(states, d.Def)
	}
	w.defs["stage"] = w.typed("stage", stages, w.settings(reflect.ValueOf(w.file.Stage), nil))
	w.defs["sink"] = w.typed("sink", sinks, w.settings(reflect.ValueOf(w.file.Sink), nil))
	w.defs["state"] = w.typed("state", states, nil)
	w.defs["flow"] = w.flow()
}

// flow is the schema of one flow.
func (w *writer) flow() object {
	flow := w.settings(reflect.ValueOf(w.file.Flow), object{
		"from":   object{"anyOf": []any{ref("source"), object{"type": "array", "minItems": 1, "items": ref("source")}}},
		"stages": object{"type": []any{"array", "null"}, "items": ref("stage")},
		"setup":  object{"type": []any{"object", "null"}},
	})
	var rules []any
	for _, d := range w.setups {
		name := "setup." + d.Preset
		w.defs[name] = w.settings(reflect.ValueOf(d.Defaults), nil)
		from := object{"properties": object{"from": object{"type": "object", "required": []any{d.Preset}}}}
		rules = append(rules, object{"if": from, "then": object{"properties": object{"setup": nullable(ref(name))}}})
	}
	if len(rules) > 0 {
		flow["allOf"] = rules
	}
	return flow
}

// typed is the schema of a part that names its type, with options beside it.
func (w *writer) typed(kind string, defs []pipeline.Def, options object) object {
	properties, types := object{}, []any{}
	if options != nil {
		properties = options["properties"].(object)
	}
	alone := []any{}
	for _, d := range defs {
		name := kind + "." + d.Name
		w.defs[name] = w.described(w.settings(reflect.ValueOf(d.Defaults), nil), d)
		properties[d.Name] = ref(name)
		types = append(types, object{"required": []any{d.Name}})
		if !needsSettings(d) {
			alone = append(alone, d.Name)
		}
	}
	full := object{"type": "object", "properties": properties, "additionalProperties": false, "oneOf": types}
	return object{"anyOf": append([]any{full}, byName(alone)...)}
}

// described adds what the manual says in one sentence.
func (w *writer) described(s object, d pipeline.Def) object {
	if about := w.texts.Page("", d.Name, d.Defaults).Summary(); about != "" {
		s["description"] = about
	}
	return s
}

// byName are the schemas of a type that is named without settings.
func byName(names []any) []any {
	list := []any{object{"type": "string", "pattern": variable}}
	if len(names) == 0 {
		return list
	}
	return append([]any{object{"type": "string", "enum": names}}, list...)
}

func ref(name string) object {
	return object{"$ref": "#/$defs/" + escaped(name)}
}
