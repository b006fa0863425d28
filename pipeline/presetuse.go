package pipeline

import (
	"reflect"
	"slices"
	"strings"

	"github.com/leat-io/leat/internal/conf"
)

// presetUse is a preset with the settings that a flow gives it.
type presetUse struct {
	def      PresetDef
	file     *presetFile
	settings *conf.Node
	values   map[string]*conf.Node // of its parameters
	source   typed
	stages   []*conf.Node
}

// Settings that a preset has beside its parameters and those of its source.
const (
	sourceSetting   = "source"
	overrideSetting = "override"
)

// usePreset makes of {preset: {settings}} what it stands for.
func (b *fileBuilder) usePreset(def PresetDef, t typed) (*presetUse, bool) {
	u := &presetUse{def: def, file: b.parsePreset(def), values: map[string]*conf.Node{}}
	if u.file == nil {
		return nil, false
	}
	settings := t.settings
	if settings.Kind == conf.Null {
		settings = emptyMap(t.at)
	}
	if settings.Kind != conf.Map {
		b.problems.Errorf(settings, "want settings, as in %s: {queue: …}", def.Name)
		return nil, false
	}
	if r := b.options.Rehearsal; r != nil && r.Preset == def.Name {
		settings = r.settings(u.file, settings, b.problems)
	}
	u.settings = settings
	before := b.problems.ErrorCount()
	b.readParameters(u, settings)
	b.chooseSource(u, settings)
	b.presetStages(u, settings)
	return u, b.problems.ErrorCount() == before
}

// readParameters takes the parameters from the settings, or their defaults.
func (b *fileBuilder) readParameters(u *presetUse, settings *conf.Node) {
	for _, f := range u.file.Parameters.Fields {
		var p presetParameter
		conf.Decode(f.Value, &p, b.problems)
		name, value := f.Key.Value, settings.Get(f.Key.Value)
		switch {
		case value != nil && value.Kind != conf.Null:
		case f.Value.Get("default") != nil:
			value = &p.Default
		case p.Required && settings.Get(sourceSetting) == nil:
			b.problems.Errorf(settings, "%s: %q is required", u.def.Name, name)
			continue
		default:
			continue
		}
		if p.Secret {
			value.MarkSecret()
		}
		u.values[name] = b.named(&p, value)
	}
}

// named puts values in place of their names.
func (b *fileBuilder) named(p *presetParameter, value *conf.Node) *conf.Node {
	if len(p.Values.Fields) == 0 {
		return value
	}
	if value.Kind == conf.Scalar && p.Values.Get(value.Value) == nil {
		suggest(b.problems.Errorf(value, "%s: unknown value %q", value.Name(), value.Raw), value.Value, p.Values.Keys())
	}
	return value.Substitute(func(n *conf.Node) *conf.Node {
		if v := p.Values.Get(n.Value); v != nil {
			return v
		}
		return n
	})
}

// fill puts the parameters in their places.
func (u *presetUse) fill(n *conf.Node) *conf.Node {
	return n.Substitute(func(n *conf.Node) *conf.Node {
		name, ok := strings.CutPrefix(n.Value, "$")
		if _, declared := u.parameter(name); !ok || !declared {
			return n
		}
		return u.values[name]
	})
}

func (u *presetUse) parameter(name string) (*conf.Node, bool) {
	n := u.file.Parameters.Get(name)
	return n, n != nil
}

// chooseSource finds the source and lays the settings that are not the preset's over its
// own.
func (b *fileBuilder) chooseSource(u *presetUse, settings *conf.Node) {
	if n := settings.Get(sourceSetting); n != nil {
		t, ok := readTyped(n, "source", b.sourceNames(), nil, b.problems)
		if u.source = t; ok {
			b.knownOnly(u, settings, t.settings)
		}
		return
	}
	for _, item := range u.file.Source {
		t, ok := readTyped(item, "source", b.sourceNames(), []string{"when"}, b.problems)
		if !ok {
			return
		}
		if when := t.options.Get("when"); when != nil && settings.Get(when.Value) == nil {
			continue
		}
		own := settings.Without(append(u.file.Parameters.Keys(), overrideSetting)...)
		t.settings = conf.Merge(u.fill(t.settings), own).PlacedAt(settings)
		u.source = t
		b.knownOnly(u, own, nil)
		return
	}
	b.problems.Errorf(settings, "%s: none of its sources fits these settings", u.def.Name)
}

// knownOnly reports settings that neither the preset nor its source has. instead is what
// was given in place of the preset's source, whose settings stand there.
func (b *fileBuilder) knownOnly(u *presetUse, settings, instead *conf.Node) {
	known := append(u.file.Parameters.Keys(), sourceSetting, overrideSetting)
	if def, ok := b.sourceNamed(u.source.name); ok && instead == nil {
		known = append(known, spoolSetting)
		for _, s := range conf.Settings(reflect.TypeOf(def.Defaults)) {
			known = append(known, s.Name)
		}
	}
	for _, f := range settings.Fields {
		if !contains(known, f.Key.Value) {
			suggest(b.problems.Errorf(f.Key, "unknown setting %q", f.Key.Value), f.Key.Value, known)
		}
	}
}

// presetStages are those of the preset with what the flow overrides.
func (b *fileBuilder) presetStages(u *presetUse, settings *conf.Node) {
	items := u.file.Stages
	if over := &u.file.Offline.Override; b.options.Offline && over.Kind == conf.Map {
		items = b.override(items, over) // also of stages that are not there with these settings
	}
	if b.options.Offline {
		items = slices.Concat(u.file.Offline.Stages, items)
	}
	for _, item := range items {
		if fits(item, settings) {
			u.stages = append(u.stages, u.fill(item.Without("with", "without")))
		}
	}
	if over := settings.Get(overrideSetting); over != nil && over.Kind != conf.Null {
		u.stages = b.override(u.stages, over)
	}
}

// fits reports whether a stage of a preset belongs to it with these settings: `with` and
// `without` name one that must be given, or must not be.
func fits(item, settings *conf.Node) bool {
	with, without := item.Get("with"), item.Get("without")
	return (with == nil || settings.Get(with.Value) != nil) && (without == nil || settings.Get(without.Value) == nil)
}

// override lays settings over those of stages by their names; null takes a stage away.
func (b *fileBuilder) override(stages []*conf.Node, over *conf.Node) []*conf.Node {
	if over.Kind != conf.Map {
		if over.Kind != conf.Scalar || over.Value != "" {
			b.problems.Errorf(over, "override: want stages of the preset and their settings, as in identify: {key: body.id}")
		}
		return stages
	}
	names, out := stageNames(stages), slices.Clone(stages)
	for _, f := range over.Fields {
		i := slices.Index(names, f.Key.Value)
		switch {
		case i < 0:
			suggest(b.problems.Errorf(f.Key, "the preset has no stage %q", f.Key.Value), f.Key.Value, names)
		case f.Value.Kind == conf.Null:
			out[i] = nil
		default:
			out[i] = overridden(out[i], f.Value)
		}
	}
	return slices.DeleteFunc(out, func(n *conf.Node) bool { return n == nil })
}

// stageNames are what stages are called within their preset.
func stageNames(stages []*conf.Node) (names []string) {
	ordinal := map[string]int{}
	for _, item := range stages {
		kind := stageKind(item)
		ordinal[kind]++
		name := address(kind, ordinal[kind])
		if n := item.Get("name"); n != nil {
			name = n.Value
		}
		names = append(names, name)
	}
	return names
}

func stageKind(item *conf.Node) string {
	if item.Kind == conf.Scalar {
		return item.Value
	}
	for _, key := range item.Keys() {
		if key != "name" && key != "with" && key != "without" {
			return key
		}
	}
	return ""
}

// overridden lays settings over those of one stage.
func overridden(item, settings *conf.Node) *conf.Node {
	if item == nil {
		return nil
	}
	kind := stageKind(item)
	if item.Kind == conf.Scalar {
		return &conf.Node{File: settings.File, Line: settings.Line, Col: settings.Col, Kind: conf.Map, Fields: []conf.Field{{Key: item, Value: settings}}}
	}
	out := *item
	out.Fields = slices.Clone(item.Fields)
	for i, f := range out.Fields {
		if f.Key.Value == kind {
			out.Fields[i].Value = conf.Merge(f.Value, settings)
		}
	}
	return &out
}
