package pipeline

import (
	"context"
	"errors"
	"reflect"
	"slices"

	"github.com/leat-io/leat/internal/conf"
)

// Sinks of a preset that is loaded alone: what becomes events, and what the preset rejects.
const (
	AloneEvents = "events"
	AloneDead   = "dead"
)

const aloneSource = "messages"

// LoadPreset builds a pipeline of nothing but the preset that a file describes, for tests
// of it: a flow, called as the preset, that takes messages as from any queue, and gives what
// the preset makes of them to the sink [AloneEvents], and what it rejects to [AloneDead].
// settings are those that a flow would give the preset; its source is the made-up one, unless
// they name another. The options should isolate the pipeline, whose sources and sinks do
// nothing. The pipeline is nil when the report has an error.
func LoadPreset(path string, settings *conf.Node, o Options) (*Pipeline, *Report) {
	o = o.withDefaults()
	o.Catalog.Sources = append(slices.Clone(o.Catalog.Sources), aloneMessages())
	o.Catalog.Sinks = []SinkDef{aloneSink()}
	first := &fileBuilder{alone: true, options: o, problems: &conf.Problems{}}
	file := first.parsePreset(first.presetIn(path))
	if file == nil {
		return nil, &Report{first.problems}
	}
	b := &fileBuilder{alone: true, options: o, root: alone(path, file.Preset, settings), problems: &conf.Problems{}}
	b.checkNames(file)
	b.build()
	if b.problems.HasErrors() {
		return nil, &Report{b.problems}
	}
	return b.p, &Report{b.problems}
}

// alone is a file with a flow that has nothing but the preset.
func alone(path, name string, settings *conf.Node) *conf.Node {
	if kind := settings.Kind; (kind == conf.Map || kind == conf.Null) && given(settings, sourceSetting) == nil {
		with := *settings
		with.Kind = conf.Map
		with.Fields = append(slices.Clone(settings.Fields), field(sourceSetting, mapOf(aloneSource, mapOf())))
		settings = &with
	}
	flow := mapOf("from", mapOf(name, settings), "to", conf.Text(AloneEvents), "on_error", mapOf("dead_letter", conf.Text(AloneDead)))
	sink := mapOf(aloneSource, mapOf())
	return mapOf("version", conf.Text("1"), "presets", conf.Text(path), "flows", mapOf(name, flow), "sinks", mapOf(AloneEvents, sink, AloneDead, sink))
}

// checkNames looks at the names in the sources of a preset, which are not built: whether
// their settings fit, a flow shows that gives what they leave out.
func (b *fileBuilder) checkNames(file *presetFile) {
	sources := slices.DeleteFunc(b.sourceNames(), func(name string) bool { return name == aloneSource })
	for _, item := range file.Source {
		t, ok := readTyped(item, "source", sources, []string{"when"}, b.problems)
		def, known := b.sourceNamed(t.name)
		if !ok || !known {
			continue
		}
		names := []string{spoolSetting}
		for _, s := range conf.Settings(reflect.TypeOf(def.Defaults)) {
			names = append(names, s.Name)
		}
		for _, f := range t.settings.Fields {
			if !contains(names, f.Key.Value) {
				suggest(b.problems.Errorf(f.Key, "unknown setting %q", f.Key.Value), f.Key.Value, names)
			}
		}
	}
}

// aloneMessages is a source like a queue.
func aloneMessages() SourceDef {
	return DefineSource(aloneSource, struct{}{}, func(struct{}, *Env) (*Source, error) {
		return &Source{Subscriber: nothing{}, Hold: Forever, Returns: true}, nil
	})
}

func aloneSink() SinkDef {
	return DefineSink(aloneSource, struct{}{}, func(struct{}, *Env) (Handler, error) {
		return func(_ context.Context, e *Event) error { return Reject(errors.New("a preset alone has no sinks")) }, nil
	})
}
