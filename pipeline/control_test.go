package pipeline_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/stages"
)

const controlFlow = `version: 1
flows:
  f: {from: {feed: {}}, to: out, on_error: {dead_letter: dead}, max_in_flight: 2}
sinks: {out: {record: {}}, dead: {record: {}}}
`

const windowFlow = `version: 1
flows:
  f:
    from: {feed: {}}
    stages:
      - identify: {id: body.id, key: body.key, time: {from: body.at, layout: rfc3339}}
      - reorder: {window: 1m}
      - {filter: "body.id != \"poison\"", name: last}
    to: out
    on_error: {dead_letter: dead}
sinks: {out: {record: {}}, dead: {record: {}}}
`

const windowEvent = `{"id":"a","key":"k","at":"2000-01-01T00:00:00Z"}`

// running starts a flow, and waits until it stands still.
func running(t *testing.T, yaml string, o flowtest.Options) *flowtest.Rig {
	t.Helper()
	o.Catalog = pipeline.Catalog{Stages: stages.All()}
	rig := flowtest.Start(t, yaml, o)
	synctest.Wait()
	return rig
}

func stateOf(p *pipeline.Pipeline) pipeline.Phase { return p.Health().Flows[0].State }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAPausedFlowTakesNothingUntilItGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := running(t, controlFlow, flowtest.Options{})
		must(t, rig.Pipeline.Pause("f"))
		must(t, rig.Pipeline.Pause("f"))
		synctest.Wait()
		sent := rig.Feed.Send("1", "x")
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := rig.Recorder.IDs("out"); len(got) != 0 || sent.Acked() || sent.Returned() > 0 {
			t.Errorf("out got %q, acked %v, returned %d", got, sent.Acked(), sent.Returned())
		}
		h := rig.Pipeline.Health().Flows[0]
		if h.State != pipeline.PhasePaused || !h.Ready || len(h.Reasons) != 1 || h.Reasons[0].Text != "paused by hand" || h.Reasons[0].Since.IsZero() {
			t.Errorf("health: %+v", h)
		}
		must(t, rig.Pipeline.Resume("f"))
		synctest.Wait()
		if !sent.Acked() || stateOf(rig.Pipeline) != pipeline.PhaseRunning {
			t.Errorf("acked %v, %s", sent.Acked(), stateOf(rig.Pipeline))
		}
	})
}

func TestAPausedFlowStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := running(t, controlFlow, flowtest.Options{})
		must(t, rig.Pipeline.Pause("f"))
		sent := rig.Feed.Send("1", "x")
		synctest.Wait()
		must(t, rig.Stop())
		synctest.Wait()
		if sent.Acked() || stateOf(rig.Pipeline) != pipeline.PhaseStopped {
			t.Errorf("acked %v, %s", sent.Acked(), stateOf(rig.Pipeline))
		}
	})
}

// What waits for room when the flow is paused goes back to a queue, and stays where
// nobody would offer it again.
func TestWhatWaitsForRoomWhenItsFlowIsPaused(t *testing.T) {
	for _, returns := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			var down atomic.Bool
			down.Store(true)
			rig := running(t, controlFlow, flowtest.Options{
				Source: &pipeline.Source{Hold: pipeline.Forever, Returns: returns},
				Fail: func(string, *pipeline.Event, int) error {
					if down.Load() {
						return errors.New("away")
					}
					return nil
				},
			})
			all := []*flowtest.Sent{rig.Feed.Send("1", "x"), rig.Feed.Send("2", "x"), rig.Feed.Send("3", "x")}
			synctest.Wait()
			must(t, rig.Pipeline.Pause("f"))
			synctest.Wait()
			if back := all[2].Returned() == 1; back != returns {
				t.Errorf("returns %v: went back %v", returns, back)
			}
			down.Store(false)
			time.Sleep(time.Minute)
			synctest.Wait()
			if got := rig.Recorder.IDs("out"); len(got) != 2 {
				t.Errorf("out got %q, want what was under way", got)
			}
			must(t, rig.Pipeline.Resume("f"))
			synctest.Wait()
			if all[2].Acked() == returns {
				t.Errorf("returns %v: acked %v after it went on", returns, all[2].Acked())
			}
		})
	}
}

// A source that can be told asks for nothing more, and what it gives all the same goes
// back.
func TestASourceIsToldOfAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []bool
		rig := running(t, controlFlow, flowtest.Options{Source: &pipeline.Source{Hold: pipeline.Forever, Returns: true, Pause: func(paused bool) { told = append(told, paused) }}})
		must(t, rig.Pipeline.Pause("f"))
		must(t, rig.Pipeline.Drain("f"))
		synctest.Wait()
		sent := rig.Feed.Send("1", "x")
		synctest.Wait()
		must(t, rig.Pipeline.Resume("f"))
		if sent.Returned() != 1 || !slices.Equal(told, []bool{true, false}) {
			t.Errorf("returned %d, told %v", sent.Returned(), told)
		}
	})
}

func TestADrainedFlowIsEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := running(t, windowFlow, flowtest.Options{})
		sent := rig.Feed.Send("1", windowEvent)
		synctest.Wait()
		must(t, rig.Pipeline.Drain("f"))
		if s := stateOf(rig.Pipeline); s != pipeline.PhaseDraining {
			t.Error(s)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if s := stateOf(rig.Pipeline); s != pipeline.PhaseDrained || !sent.Acked() {
			t.Errorf("%s, acked %v", s, sent.Acked())
		}
	})
}

func TestWhatCannotBePaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := running(t, `version: 1
flows:
  f: {from: {feed: {}}, to: {flow: g}}
  g: {from: {link: {}}, to: out}
sinks: {out: {record: {}}}
`, flowtest.Options{})
		if err := rig.Pipeline.Pause("h"); !errors.Is(err, pipeline.ErrNoFlow) {
			t.Error(err)
		}
		if err := rig.Pipeline.Pause("g"); err == nil || !strings.Contains(err.Error(), "no source of its own") {
			t.Error(err)
		}
		if h := rig.Pipeline.Health(); !h.Ready() || h.Flows[1].State != pipeline.PhaseRunning {
			t.Errorf("%+v", h)
		}
	})
}

func TestHealthSaysWhatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		down.Store(true)
		rig := running(t, controlFlow, flowtest.Options{Fail: func(string, *pipeline.Event, int) error {
			if down.Load() {
				return errors.New("connection refused")
			}
			return nil
		}})
		rig.Feed.Send("1", "x")
		synctest.Wait()
		h := rig.Pipeline.Health()
		want := pipeline.Reason{Kind: "sink", Part: "out", Text: "fails (1 event waits): connection refused", Since: time.Now()}
		if !h.Ready() || len(h.Flows[0].Reasons) != 1 || h.Flows[0].Reasons[0] != want {
			t.Errorf("%+v", h)
		}
		down.Store(false)
		time.Sleep(time.Hour)
		synctest.Wait()
		if h := rig.Pipeline.Health(); len(h.Flows[0].Reasons) != 0 {
			t.Errorf("%+v", h)
		}
		steps := rig.Pipeline.Stats().Flows[0].Steps
		if i := slices.IndexFunc(steps, func(s pipeline.StepStats) bool { return s.Step == "out" }); steps[i].Failed == 0 || steps[i].Inside != 0 {
			t.Errorf("%+v", steps)
		}
	})
}

func TestHealthBeforeAndAfterARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Load(t, controlFlow, flowtest.Options{Source: &pipeline.Source{Finite: true}})
		if h := rig.Pipeline.Health(); h.Ready() || h.Flows[0].State != pipeline.PhaseStarting {
			t.Errorf("%+v", h)
		}
		rig.Run()
		rig.Feed.End()
		must(t, rig.Wait())
		if h := rig.Pipeline.Health(); !h.Ready() || h.Flows[0].State != pipeline.PhaseEnded {
			t.Errorf("%+v", h)
		}
	})
}

func TestAFlowWhoseSourceBreaksOffHasFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Load(t, controlFlow, flowtest.Options{Source: &pipeline.Source{Err: func() error { return errors.New("no route to host") }}})
		rig.Run()
		rig.Feed.End()
		if rig.Wait() == nil {
			t.Error("no error")
		}
		h := rig.Pipeline.Health()
		if h.Ready() || !h.Failed() || !strings.Contains(h.Flows[0].Reasons[0].Text, "no route to host") {
			t.Errorf("%+v", h)
		}
	})
}

func TestTheWindowIsShownByAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := running(t, windowFlow, flowtest.Options{})
		rig.Feed.Send("1", windowEvent)
		synctest.Wait()
		time.Sleep(31 * time.Second)
		rig.Feed.Send("2", strings.Replace(windowEvent, `"a"`, `"b"`, 1))
		synctest.Wait()
		f := rig.Pipeline.Stats().Flows[0]
		if len(f.Windows) != 1 || f.Held != 2 {
			t.Fatalf("%+v", f)
		}
		w := f.Windows[0]
		if w.Stage != "reorder" || w.Length != time.Minute || w.Held[0] != 1 || w.Held[6] != 1 {
			t.Errorf("%+v", w)
		}
		time.Sleep(time.Minute + time.Second)
		synctest.Wait()
		if w := rig.Pipeline.Stats().Flows[0].Windows[0]; w.Held != [pipeline.WindowParts]int{} {
			t.Errorf("%+v", w)
		}
	})
}

func TestALetterEntersTheRunningFlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := running(t, windowFlow, flowtest.Options{})
		must(t, rig.Pipeline.Pause("f"))
		for where, id := range map[string]string{"sink out": "a", "last": "b", "identify": "c"} {
			l := letterFor(where, id, strings.Replace(windowEvent, `"a"`, `"c"`, 1))
			became, err := rig.Pipeline.Replay(t.Context(), l, pipeline.Replay{})
			if err != nil || became != pipeline.LetterDelivered {
				t.Errorf("%s: %s, %v", where, became, err)
			}
		}
		got := rig.Recorder.Got("out")
		if ids := rig.Recorder.IDs("out"); len(slices.Compact(slices.Sorted(slices.Values(ids)))) != 3 || got[0].Meta[pipeline.MarkReplayed] != "true" {
			t.Errorf("out got %+v", got)
		}
		if s := rig.Pipeline.Stats(); s.Read != 0 || s.InFlight != 0 || s.Held != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestALetterThatFailsAgainIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := running(t, windowFlow, flowtest.Options{})
		became, err := rig.Pipeline.Replay(t.Context(), letterFor("identify", "a", `{`), pipeline.Replay{})
		if err != nil || became != pipeline.LetterReplaced || len(rig.Recorder.Got("dead")) != 1 {
			t.Errorf("%q, %v", became, err)
		}
	})
}

// A letter stays when its event is not settled: its caller has gone, or the flow stops
// while the event is held.
func TestALetterThatIsNotSettledStays(t *testing.T) {
	for _, stop := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			rig := running(t, windowFlow, flowtest.Options{})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			result := make(chan error, 1)
			go func() {
				_, err := rig.Pipeline.Replay(ctx, letterFor("identify", "a", windowEvent), pipeline.Replay{})
				result <- err
			}()
			synctest.Wait()
			if stop {
				must(t, rig.Stop())
			} else {
				cancel()
			}
			if err := <-result; err == nil || len(rig.Recorder.Got("out")) != 0 {
				t.Errorf("stop %v: %v", stop, err)
			}
		})
	}
}

func TestOnlyARunningPipelineTakesLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := letterFor("identify", "a", windowEvent)
		rig := flowtest.Load(t, windowFlow, flowtest.Options{Catalog: pipeline.Catalog{Stages: stages.All()}})
		if _, err := rig.Pipeline.Replay(t.Context(), l, pipeline.Replay{}); !errors.Is(err, pipeline.ErrNotRunning) {
			t.Error(err)
		}
		rig.Run()
		synctest.Wait()
		must(t, rig.Stop())
		if _, err := rig.Pipeline.Replay(t.Context(), l, pipeline.Replay{}); !errors.Is(err, pipeline.ErrNotRunning) {
			t.Error(err)
		}
		for _, where := range []string{"gone", "sink gone", "source"} {
			if _, err := rig.Pipeline.Replay(t.Context(), letterFor(where, "a", "{}"), pipeline.Replay{}); err == nil || errors.Is(err, pipeline.ErrNotRunning) {
				t.Errorf("%s: %v", where, err)
			}
		}
	})
}
