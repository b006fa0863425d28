package stages_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// These tests are about how sources end, alone and beside others.

// given is a source that gives its payloads and ends, or waits to be stopped.
type given struct {
	payloads []string
	live     bool
	err      error         // what it breaks off with
	begin    chan struct{} // when it may begin; nil: at once
	closed   atomic.Int32
}

func (g *given) define(name string) pipeline.SourceDef {
	return pipeline.DefineSource(name, struct{}{}, func(struct{}, *pipeline.Env) (*pipeline.Source, error) {
		return &pipeline.Source{Subscriber: g, Finite: !g.live, Hold: pipeline.Forever, Err: func() error { return g.err }}, nil
	})
}

// Subscribe gives messages whose contexts end with the subscription, as those of
// many Watermill subscribers do.
func (g *given) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	out := make(chan *message.Message)
	go func() {
		defer close(out)
		if g.begin != nil {
			<-g.begin
		}
		for i, payload := range g.payloads {
			select {
			case out <- message.NewMessageWithContext(ctx, fmt.Sprint(i), []byte(payload)):
			case <-ctx.Done():
				return
			}
		}
		if g.live {
			<-ctx.Done()
		}
	}()
	return out, nil
}

func (g *given) Close() error { g.closed.Add(1); return nil }

func withSources(sources ...pipeline.SourceDef) flowtest.Options {
	c := catalog()
	c.Sources = sources
	return flowtest.Options{Catalog: c}
}

// ends fails the test when the pipeline does not come to its end by itself.
func ends(t *testing.T, rig *flowtest.Rig) error {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- rig.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-time.After(24 * time.Hour):
		s := rig.Pipeline.Stats()
		t.Errorf("still running after a day, with %d in flight and %d held", s.InFlight, s.Held)
		go rig.Stop()
		return <-ended
	}
}

const linked = `
version: 1
flows:
  a: {from: a, to: {flow: c}, max_held: 5}
  b: {from: b, to: {flow: c}, max_held: 5}
  c: {from: {link: {}}, stages: [` + identify + `, {reorder: {window: 10s}}], to: out}
sinks: {out: {record: {}}}
`

func TestASourceThatBreaksOffStopsTheFlowsItIsLinkedWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &given{payloads: []string{event("1", "a", 1)}, err: errors.New("the file is torn")}
		b := &given{payloads: []string{event("2", "b", 1), event("3", "b", 2)}}
		rig := flowtest.Start(t, linked, withSources(a.define("a"), b.define("b")))
		if err := ends(t, rig); !errors.Is(err, a.err) {
			t.Errorf("Run returned %v", err)
		}
	})
}

func TestAFullFlowIsRelievedByEventsOfFlowsItIsLinkedWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := &given{begin: make(chan struct{})}, &given{}
		for i := range 30 {
			a.payloads = append(a.payloads, event(fmt.Sprintf("a%d", i), fmt.Sprintf("ka%d", i), 100))
		}
		for i := range 3 {
			b.payloads = append(b.payloads, event(fmt.Sprintf("b%d", i), fmt.Sprintf("kb%d", i), 100))
		}
		rig := flowtest.Start(t, linked, withSources(a.define("a"), b.define("b")))
		synctest.Wait()
		close(a.begin)
		if err := ends(t, rig); err != nil || len(rig.Recorder.IDs("out")) != 33 {
			t.Errorf("%d of 33 events arrived, %v", len(rig.Recorder.IDs("out")), err)
		}
	})
}

func TestASourceThatEndsLeavesTheOthersOfItsFlowAlone(t *testing.T) {
	var many []string
	for i := range 60 {
		many = append(many, fmt.Sprint(i))
	}
	for range 300 {
		a, b := &given{}, &given{payloads: many}
		rig := flowtest.Load(t, "version: 1\nflows: {f: {from: [a, b], to: out}}\nsinks: {out: {record: {}}}\n", withSources(a.define("a"), b.define("b")))
		rig.Run()
		if err := rig.Wait(); err != nil || len(rig.Recorder.IDs("out")) != 60 {
			t.Fatalf("%d of 60 events arrived, %v", len(rig.Recorder.IDs("out")), err)
		}
		if a.closed.Load() != 1 || b.closed.Load() != 1 {
			t.Fatalf("the sources were closed %d and %d times", a.closed.Load(), b.closed.Load())
		}
	}
}

// slowly is a sink that takes its time and notes whether it was cancelled.
type slowly struct {
	takes     time.Duration
	cancelled atomic.Bool
	done      atomic.Int32
}

func (s *slowly) define() pipeline.SinkDef {
	return pipeline.DefineSink("slow", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Handler, error) {
		return func(ctx context.Context, _ *pipeline.Event) error {
			select {
			case <-ctx.Done():
				s.cancelled.Store(true)
				return ctx.Err()
			case <-time.After(s.takes):
				s.done.Add(1)
				return nil
			}
		}, nil
	})
}

func TestWhatIsUnderWayIsFinishedWhenTheFlowStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, sink := &given{payloads: []string{"1"}, live: true}, &slowly{takes: 5 * time.Second}
		o := withSources(source.define("a"))
		o.Catalog.Sinks = []pipeline.SinkDef{sink.define()}
		rig := flowtest.Start(t, "version: 1\nflows: {f: {from: a, to: out}}\nsinks: {out: {slow: {}}}\n", o)
		settle(time.Second)
		if err := rig.Stop(); err != nil || sink.cancelled.Load() || sink.done.Load() != 1 {
			t.Errorf("err %v, cancelled %v, delivered %d", err, sink.cancelled.Load(), sink.done.Load())
		}
		if source.closed.Load() != 1 {
			t.Errorf("the source was closed %d times", source.closed.Load())
		}
	})
}

func TestAStopThatTakesTooLongSaysWhere(t *testing.T) {
	for _, withRouter := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			source, sink := &given{payloads: []string{"1"}, live: true}, &slowly{takes: time.Hour}
			o := withSources(source.define("a"))
			o.Catalog.Sinks = []pipeline.SinkDef{sink.define()}
			rig := flowtest.Load(t, "version: 1\nstop_timeout: 10s\nflows: {f: {from: a, to: out}}\nsinks: {out: {slow: {}}}\n", o)
			stop := rig.Stop
			if withRouter {
				stop = inRouter(t, rig.Pipeline)
			} else {
				rig.Run()
			}
			settle(time.Second)
			begun := time.Now()
			err := stop()
			if want := "flow f did not stop within 10s: events still 1 in sink out"; err == nil || err.Error() != want {
				t.Errorf("the stop returned %v, want %s", err, want)
			}
			if took := time.Since(begun); took > 14*time.Second || !sink.cancelled.Load() {
				t.Errorf("the stop took %s, the sink was cancelled: %v", took, sink.cancelled.Load())
			}
		})
	}
}

// inRouter runs a pipeline in a router of the caller's.
func inRouter(t *testing.T, p *pipeline.Pipeline) (stop func() error) {
	t.Helper()
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: time.Minute}, nil)
	if err != nil {
		t.Fatal(err)
	}
	closeFlows, err := p.AddTo(t.Context(), router)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- router.Run(ctx) }()
	<-router.Running()
	return func() error {
		cancel()
		<-ended
		return closeFlows()
	}
}

func TestAFreeSinkIsUsedWhenTheFlowStops(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			o := flowtest.Options{Catalog: catalog()}
			o.Catalog.Stages = append(o.Catalog.Stages, pipeline.DefineStage("slow", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Stage, error) {
				return pipeline.Map(func(context.Context, *pipeline.Event) error { time.Sleep(time.Second); return nil }), nil
			}))
			rig := flowtest.Start(t, flowOf("    to: out\nsinks: {out: {record: {}, max_in_flight: 20}}\n", "slow"), o)
			sent := rig.Feed.Send("1", "1")
			settle(500 * time.Millisecond)
			rig.Stop()
			synctest.Wait()
			if !sent.Acked() {
				t.Fatal("handed back though its sink was free")
			}
		})
	}
}

func TestACopyThatTakesOverAfterTheEndOfTheInputGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rejected atomic.Bool
		rig := flowtest.Start(t, flowOf(toOut, identify, "{dedupe: {}}", "{reorder: {window: 10s}}"), flowtest.Options{
			Catalog: catalog(), Source: &pipeline.Source{Finite: true, Hold: pipeline.Forever},
			Fail: func(string, *pipeline.Event, int) error {
				if !rejected.Swap(true) {
					return pipeline.Reject(errors.New("not like this"))
				}
				return nil
			},
		})
		rig.Feed.Send("m1", event("1", "a", 3))
		rig.Feed.Send("m2", event("1", "a", 3))
		rig.Feed.End()
		if err := ends(t, rig); err != nil || !slices.Equal(rig.Recorder.IDs("out"), []string{"1"}) {
			t.Errorf("arrived %v, %v", rig.Recorder.IDs("out"), err)
		}
	})
}
