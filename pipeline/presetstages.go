package pipeline

import (
	"slices"

	"github.com/leat-io/leat/internal/conf"
)

// presetStages are those of the preset with what the flow overrides.
func (b *fileBuilder) presetStages(u *presetUse, settings *conf.Node) {
	items := u.file.Stages
	if over := &u.file.Offline.Override; b.options.Offline && over.Kind == conf.Map {
		items = b.override(items, over, "preset") // also of stages that are not there with these settings
	}
	if b.options.Offline {
		items = slices.Concat(u.file.Offline.Stages, items)
	}
	for _, item := range items {
		if fits(item, settings) {
			u.stages = append(u.stages, u.fill(item.Without("with", "without")))
		}
	}
	if over := given(settings, overrideSetting); over != nil {
		if u.file.EitherCasing {
			over.FoldCase()
		}
		u.stages = b.override(u.stages, over, "preset")
	}
}

// fits reports whether a stage of a preset belongs to it with these settings: `with` and
// `without` name one that must be given, or must not be.
func fits(item, settings *conf.Node) bool {
	with, without := item.Get("with"), item.Get("without")
	return (with == nil || given(settings, with.Value) != nil) && (without == nil || given(settings, without.Value) == nil)
}

// override lays settings over those of stages by their names; null takes a stage away.
// Whose says whose stages they are.
func (b *fileBuilder) override(stages []*conf.Node, over *conf.Node, whose string) []*conf.Node {
	if over.Kind != conf.Map {
		if over.Kind != conf.Scalar || over.Value != "" {
			b.problems.Errorf(over, "override: want stages of the %s and their settings, as in identify: {key: body.id}", whose)
		}
		return stages
	}
	names, out := stageNames(stages), slices.Clone(stages)
	for _, f := range over.Fields {
		i := slices.Index(names, f.Key.Value)
		switch {
		case i < 0:
			suggest(b.problems.Errorf(f.Key, "the %s has no stage %q", whose, f.Key.Value), f.Key.Value, names)
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
