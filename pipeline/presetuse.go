package pipeline

import (
	"reflect"
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

// given returns a setting that was given; null takes one back.
func given(settings *conf.Node, name string) *conf.Node {
	n := settings.Get(name)
	if n != nil && n.Kind == conf.Null {
		return nil
	}
	return n
}

// readParameters takes the parameters from the settings, or their defaults.
func (b *fileBuilder) readParameters(u *presetUse, settings *conf.Node) {
	for _, f := range u.file.Parameters.Fields {
		var p presetParameter
		conf.Decode(f.Value, &p, b.problems)
		name, value := f.Key.Value, given(settings, f.Key.Value)
		switch {
		case value != nil:
		case f.Value.Get("default") != nil:
			value = &p.Default
		case p.Required && given(settings, sourceSetting) == nil:
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
	if n := given(settings, sourceSetting); n != nil {
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
		if when := t.options.Get("when"); when != nil && given(settings, when.Value) == nil {
			continue
		}
		own := settings.Without(append(u.file.Parameters.Keys(), sourceSetting, overrideSetting)...)
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
