package schema

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/leat-io/leat/internal/manual"
	"github.com/leat-io/leat/pipeline"
)

// defineSources defines what may stand in from: sources with a spool, presets and links.
func (w *writer) defineSources() error {
	sources, presets := object{}, object{"link": object{"type": []any{"object", "null"}, "additionalProperties": false}}
	alone := []any{"link"}
	for _, d := range w.catalog.Sources {
		name := "source." + d.Name
		w.defs[name] = w.described(w.spooling(w.settings(reflect.ValueOf(d.Defaults), nil)), d.Def)
		sources[d.Name] = ref(name)
		if !needsSettings(d.Def) {
			alone = append(alone, d.Name)
		}
	}
	w.defs["source of a preset"] = object{"anyOf": append(byName(alone[1:]), w.one(sources, false))}
	for _, d := range w.catalog.Presets {
		s, err := w.presetUse(d)
		if err != nil {
			return fmt.Errorf("preset %s: %w", d.Name, err)
		}
		w.defs["preset."+d.Name] = s
		presets[d.Name] = ref("preset." + d.Name)
		alone = append(alone, d.Name)
	}
	all := maps.Clone(sources)
	maps.Copy(all, presets)
	w.defs["source"] = object{"anyOf": []any{object{"type": "string"}, w.one(all, true)}}
	w.defs["known sources"] = w.knownOnly(all, alone)
	return nil
}

// one is a map with one of these names, or with another one.
func (w *writer) one(properties object, others bool) object {
	return object{"type": "object", "properties": properties, "additionalProperties": others, "minProperties": 1, "maxProperties": 1}
}

// knownOnly refuses names in from that are not declared.
func (w *writer) knownOnly(all object, alone []any) object {
	names := list(slices.Sorted(maps.Keys(all)))
	one := object{"anyOf": append([]any{object{"type": "object", "propertyNames": object{"enum": names}}}, byName(alone)...)}
	return object{"anyOf": append(slices.Clone(one["anyOf"].([]any)), object{"type": "array", "items": one})}
}

// spooling adds the setting that every source may have.
func (w *writer) spooling(s object) object {
	full := s
	if either, ok := s["anyOf"].([]any); ok {
		full = either[0].(object)
	}
	full["properties"].(object)["spool"] = w.spool()
	return s
}

func (w *writer) spool() object {
	settings := w.settings(reflect.ValueOf(w.file.Spool), nil)
	on := object{"type": []any{"boolean", "string"}, "pattern": orVariable("true|false")}
	return object{
		"description": "Brings events to the disk, acknowledges them at once, and delivers them from there.",
		"anyOf":       []any{on, settings},
	}
}

// presetUse is the schema of a preset's settings: its parameters, those of its sources, and
// those that every preset has.
func (w *writer) presetUse(d pipeline.PresetDef) (object, error) {
	p, err := manual.ReadPreset(d.Name, d.Files)
	if err != nil {
		return nil, err
	}
	properties := object{
		"source":   describe(ref("source of a preset"), "From where the events come instead of the preset's own source."),
		"override": describe(w.overrides(p), "Settings of the preset's stages; null leaves one out."),
		"spool":    w.spool(),
	}
	w.addSourceSettings(properties, p)
	out := object{"type": []any{"object", "null"}, "description": p.Summary(), "properties": properties, "additionalProperties": false}
	var required []any
	for _, q := range p.Parameters {
		properties[q.Name] = parameter(q)
		if q.Required {
			required = append(required, q.Name)
		}
	}
	if len(required) > 0 {
		out["type"] = "object"
		out["anyOf"] = []any{object{"required": required}, object{"required": []any{"source"}}}
	}
	return out, nil
}

// addSourceSettings adds the settings of the preset's sources, none of which is required:
// the preset may have it.
func (w *writer) addSourceSettings(properties object, p *manual.Preset) {
	for _, d := range w.catalog.Sources {
		if !slices.ContainsFunc(p.SourceNames(), func(name string) bool { return name == d.Name }) {
			continue
		}
		s := w.settings(reflect.ValueOf(d.Defaults), nil)
		if either, ok := s["anyOf"].([]any); ok {
			s = either[0].(object)
		}
		for name, setting := range s["properties"].(object) {
			if properties[name] == nil {
				properties[name] = setting
			}
		}
	}
}

// overrides has the stages of a preset by their names.
func (w *writer) overrides(p *manual.Preset) object {
	stages := object{}
	for _, name := range p.StageNames() {
		stages[name] = object{"type": []any{"object", "null"}}
	}
	return object{"type": []any{"object", "null"}, "properties": stages, "additionalProperties": false}
}

func describe(s object, text string) object {
	s["description"] = text
	return s
}

func parameter(q manual.Parameter) object {
	out := object{"description": q.About}
	if q.Default != "" {
		out["default"] = parsed(q.Default)
	}
	if len(q.Values) > 0 {
		out["anyOf"] = []any{object{"enum": list(q.Values)}, object{"type": []any{"array", "null"}}, object{"type": "string", "pattern": variable}}
	}
	return out
}
