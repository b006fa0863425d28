// Package flowtest runs flows in tests: a pipeline.yaml given as text, fed from
// the test by a [Feed] and ending in [Recorder] sinks that can be told to fail.
//
// Time inside a testing/synctest bubble is virtual, so that a window of two
// hours costs nothing:
//
//	synctest.Test(t, func(t *testing.T) {
//		rig := flowtest.Start(t, yaml, flowtest.Options{Catalog: catalog})
//		rig.Feed.Send("1", `{"n":1}`)
//		...
//	})
package flowtest

import (
	"context"
	"log/slog"
	"testing"

	"github.com/leat-io/leat/pipeline"
)

// Options are what a rig needs besides the flows.
type Options struct {
	// Catalog is what the flows may name. The rig adds the source "feed", the
	// sink "record" and the state store "scratch", which forgets with the rig.
	Catalog pipeline.Catalog
	// Source says what the feed can do; nil: a live source that can hold events
	// as long as it takes.
	Source *pipeline.Source
	// Redeliver has the feed send a message again that was handed back.
	Redeliver bool
	// State is the state store; nil: one in memory.
	State pipeline.State
	// Fail decides, for every attempt of a sink, whether it fails.
	Fail func(sink string, e *pipeline.Event, attempt int) error
	// Later decides whether a sink returns before it is known what becomes of an event;
	// nil: it never does. Where it may, sinks are quick ones: see [pipeline.SinkDef.Quick].
	Later func(sink string, e *pipeline.Event) bool
	// Log gets what the engine logs; nil: nobody.
	Log *slog.Logger
	// Replay has the flows take dead letters in place of what the feed gives.
	Replay *pipeline.Replay
	// Measure is [pipeline.Options].Measure.
	Measure bool
	// Sight is [pipeline.Options].Sight.
	Sight func(pipeline.Sight)
	// Tracer makes spans; nil: nobody does.
	Tracer pipeline.Tracer
	// Env are the variables that the text may name.
	Env map[string]string
}

// Rig is a pipeline under test.
type Rig struct {
	Feed     *Feed
	Recorder *Recorder
	Pipeline *pipeline.Pipeline

	cancel context.CancelFunc
	done   chan struct{}
	err    error
}

// Load builds the pipeline that yaml describes, or fails the test.
func Load(t testing.TB, yaml string, o Options) *Rig {
	t.Helper()
	rig, err := TryLoad(yaml, o)
	if err != nil {
		t.Fatalf("pipeline.yaml:\n%v", err)
	}
	return rig
}

// TryLoad is [Load] for tests of what is wrong with a file.
func TryLoad(yaml string, o Options) (*Rig, error) {
	rig := &Rig{Feed: NewFeed(o.Source, o.Redeliver), Recorder: &Recorder{fail: o.Fail, later: o.Later}, done: make(chan struct{})}
	state := o.State
	if state == nil {
		state = NewState()
	}
	p, report := pipeline.LoadText("pipeline.yaml", yaml, pipeline.Options{
		Catalog: rig.catalog(o.Catalog, state), DefaultState: "scratch", Log: o.Log, Replay: o.Replay, Measure: o.Measure, Sight: o.Sight,
		Tracer: func(*pipeline.TracingConfig) pipeline.Tracer { return o.Tracer },
		Getenv: func(name string) (string, bool) { v, ok := o.Env[name]; return v, ok },
	})
	rig.Pipeline = p
	return rig, report.Err()
}

func (rig *Rig) catalog(c pipeline.Catalog, state pipeline.State) pipeline.Catalog {
	c.Sources = append(c.Sources[:len(c.Sources):len(c.Sources)], rig.Feed.Define("feed"))
	c.Sinks = append(c.Sinks[:len(c.Sinks):len(c.Sinks)], rig.Recorder.Define("record"))
	c.States = append(c.States[:len(c.States):len(c.States)],
		pipeline.DefineState("scratch", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.State, error) { return state, nil }))
	return c
}

// Start loads the pipeline and runs it until the test ends or [Rig.Stop].
func Start(t testing.TB, yaml string, o Options) *Rig {
	t.Helper()
	rig := Load(t, yaml, o)
	rig.Run()
	t.Cleanup(func() { rig.Stop() })
	return rig
}

// Run starts the pipeline in the background.
func (rig *Rig) Run() {
	ctx, cancel := context.WithCancel(context.Background())
	rig.cancel = cancel
	go func() {
		defer close(rig.done)
		rig.err = rig.Pipeline.Run(ctx)
	}()
}

// Stop stops the pipeline as an operator would and returns what Run returned.
func (rig *Rig) Stop() error {
	rig.cancel()
	return rig.Wait()
}

// Wait returns what Run returned, once a finite feed has come to its end.
func (rig *Rig) Wait() error {
	<-rig.done
	rig.cancel()
	return rig.err
}
