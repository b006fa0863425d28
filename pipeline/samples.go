package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/internal/conf"
)

const sampleName = "samples"

// sampleRun sends the samples of a preset through its stages.
type sampleRun struct {
	samples []Sample
	events  []*Event
	broken  []string
}

// sampleEvents returns what a preset, and stages behind it, make of samples.
func (b *fileBuilder) sampleEvents(feed sampleFeed, stages []*conf.Node) ([]*Event, error) {
	run := &sampleRun{samples: feed.samples}
	problems := &conf.Problems{}
	child := &fileBuilder{options: run.options(b), root: feed.flow(stages), problems: problems}
	child.build()
	if err := problems.Err(); err != nil {
		return nil, err
	}
	if !child.p.flows[0].sources[0].local() {
		return nil, nil
	}
	if err := child.p.Run(context.Background()); err != nil {
		return nil, err
	}
	if len(run.broken) > 0 {
		return nil, fmt.Errorf("a sample of %s cannot be read: %s", feed.of, strings.Join(run.broken, "; "))
	}
	return run.events, nil
}

// local reports whether the stages of the preset need nothing but the event: a file that
// is only checked must reach nobody.
func (s *namedSource) local() bool {
	return !slices.ContainsFunc(s.stages, func(b *builtStage) bool { return !b.traits.Local })
}

// sampleSource is the preset with its parameters, but for those that choose another source.
func (u *presetUse) sampleSource() *conf.Node {
	settings := mapOf(sourceSetting, mapOf(sampleName, mapOf()))
	choosing := u.file.choices()
	for _, f := range u.settings.Fields {
		if _, declared := u.parameter(f.Key.Value); declared && !contains(choosing, f.Key.Value) || f.Key.Value == overrideSetting {
			settings.Fields = append(settings.Fields, f)
		}
	}
	return mapOf(u.def.Name, settings)
}

// flow is a file with a flow that has nothing but the source and stages.
func (feed sampleFeed) flow(stages []*conf.Node) *conf.Node {
	from := feed.from
	if from == nil {
		from = mapOf(sampleName, mapOf())
	}
	sink, broken := conf.Text(sampleName), conf.Text("broken")
	flow := mapOf("from", from, "stages", &conf.Node{Kind: conf.List, Items: stages}, "to", sink, "on_error", mapOf("dead_letter", broken))
	return mapOf("version", conf.Text("1"), "flows", mapOf(sampleName, flow), "sinks", mapOf(sampleName, sink, "broken", broken))
}

func (run *sampleRun) options(b *fileBuilder) Options {
	o := b.options
	o.Offline, o.Clock, o.Log, o.DefaultState = true, System, slog.New(slog.DiscardHandler), ""
	o.Rehearsal, o.Watch, o.TryOut = nil, nil, false
	o.Catalog.States, o.Catalog.Presets = nil, b.presets
	o.Catalog.Sources = append(o.Catalog.Sources[:len(o.Catalog.Sources):len(o.Catalog.Sources)], run.source())
	o.Catalog.Sinks = []SinkDef{run.sink(), run.complaints()}
	return o
}

func (run *sampleRun) source() SourceDef {
	return DefineSource(sampleName, struct{}{}, func(struct{}, *Env) (*Source, error) {
		return &Source{Subscriber: run, Finite: true, Hold: Forever}, nil
	})
}

// Subscribe implements [message.Subscriber].
func (run *sampleRun) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	out := make(chan *message.Message, 1)
	events := make([]*Event, len(run.samples))
	for i, s := range run.samples {
		events[i] = NewEvent(s.Name, s.Data)
	}
	out <- NewBatch(ctx, events)
	close(out)
	return out, nil
}

// Close implements [message.Subscriber].
func (run *sampleRun) Close() error { return nil }

func (run *sampleRun) sink() SinkDef {
	return DefineSink(sampleName, struct{}{}, func(struct{}, *Env) (Handler, error) {
		return func(_ context.Context, e *Event) error {
			run.events = append(run.events, e.Clone())
			return nil
		}, nil
	}).Quick()
}

func (run *sampleRun) complaints() SinkDef {
	return DefineSink("broken", struct{}{}, func(struct{}, *Env) (Handler, error) {
		return func(_ context.Context, e *Event) error {
			raw, err := e.Bytes()
			if err != nil {
				return err
			}
			var d DeadLetter
			err = json.Unmarshal(raw, &d)
			run.broken = append(run.broken, d.ID+": "+d.Error)
			return err
		}, nil
	}).Quick()
}
