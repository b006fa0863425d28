package schema

import (
	"reflect"

	"github.com/leat-io/leat/internal/manual"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/sim/testfile"
)

// WritePreset returns the schema of a file that describes a preset. Where a value stands,
// $NAME may stand for one of the preset's parameters.
func WritePreset(texts *manual.Texts, catalog pipeline.Catalog) ([]byte, error) {
	w := &writer{texts: texts, catalog: catalog, defs: object{}, preset: true}
	parts := pipeline.DescribePreset()
	w.definePresetParts(parts)
	stages := object{"type": []any{"array", "null"}, "items": ref("stage")}
	w.preset = false
	root := w.settings(reflect.ValueOf(parts.File), object{
		"preset":     object{"type": "string", "pattern": `^[^/ \t]+$`},
		"parameters": object{"type": []any{"object", "null"}, "additionalProperties": w.settings(reflect.ValueOf(parts.Parameter), nil)},
		"source":     object{"anyOf": []any{ref("source"), object{"type": "array", "minItems": 1, "items": ref("source")}}},
		"stages":     stages,
		"offline": object{"type": []any{"object", "null"}, "additionalProperties": false, "properties": object{
			"stages": stages, "override": object{"type": []any{"object", "null"}},
		}},
		"tests": object{"type": []any{"array", "null"}, "items": ref("test")},
	})
	return w.text(root, PresetID, "a preset of leat")
}

// definePresetParts defines sources and stages as a preset has them, and its tests.
func (w *writer) definePresetParts(parts pipeline.PresetSettings) {
	var stages, sources []pipeline.Def
	for _, d := range w.catalog.Stages {
		stages = append(stages, d.Def)
	}
	for _, d := range w.catalog.Sources {
		sources = append(sources, d.Def)
	}
	w.defs["stage"] = w.typed("stage", stages, w.settings(reflect.ValueOf(parts.Stage), nil))
	w.defs["source"] = w.typed("source", sources, w.settings(reflect.ValueOf(parts.Source), nil))
	for _, d := range sources {
		complete(w.defs["source."+d.Name].(object))
	}
	w.preset = false
	w.defs["test"] = w.test()
	w.preset = true
}

// complete takes away that settings are required: a flow may give what the preset leaves out.
func complete(s object) {
	delete(s, "required")
	if either, ok := s["anyOf"].([]any); ok {
		complete(either[0].(object))
	}
}

// test is the schema of a test of a preset.
func (w *writer) test() object {
	w.defs["event"] = w.settings(reflect.ValueOf(testfile.Event{}), nil)
	events := object{"anyOf": []any{object{"const": "any"}, object{"type": []any{"array", "null"}, "items": ref("event")}}}
	expect := w.settings(reflect.ValueOf(testfile.Expect{}), object{
		"out":  object{"type": []any{"object", "null"}, "additionalProperties": events},
		"dead": events,
	})
	test := w.settings(reflect.ValueOf(testfile.Test{}), object{"expect": expect, "with": object{"type": []any{"object", "null"}}})
	delete(test["properties"].(object), "flow")
	return test
}
