package stages_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// replayed starts a flow over a finite source that has n events, t seconds apart,
// of so many keys. Its sink takes a second for each event.
func replayed(t *testing.T, limits string, n, apart, keys int) *flowtest.Rig {
	t.Helper()
	o := flowtest.Options{
		Catalog: catalog(), Source: &pipeline.Source{Finite: true, Hold: pipeline.Forever},
		Fail: func(string, *pipeline.Event, int) error { time.Sleep(time.Second); return nil },
	}
	rig := flowtest.Load(t, flowOf(limits+toOut, identify, "{dedupe: {}}", "{reorder: {window: 10s}}"), o)
	for i := range n {
		rig.Feed.Send("", event(fmt.Sprint(i), fmt.Sprint(i%keys), i*apart))
	}
	rig.Feed.End()
	rig.Run()
	return rig
}

func forcedIn(got []flowtest.Got) (n int) {
	for _, g := range got {
		if g.Meta[pipeline.MarkForced] != "" {
			n++
		}
	}
	return n
}

// What a slow sink has yet to take is held as well, but not by the window: it
// leaves by itself, and nothing has to go early for it.
func TestASlowSinkLetsNothingGoEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := replayed(t, "    max_in_flight: 4\n    max_held: 20\n", 200, 1, 1)
		if err := ends(t, rig); err != nil {
			t.Fatal(err)
		}
		got := rig.Recorder.Got("out")
		if n := forcedIn(got); n > 0 || len(got) != 200 {
			t.Errorf("%d of %d went early, with room for 20 and 11 in the window", n, len(got))
		}
		if !slices.IsSortedFunc(got, func(a, b flowtest.Got) int { return a.Time.Compare(b.Time) }) {
			t.Error("out of order")
		}
	})
}

// A sink that takes nothing stops the reading once max_in_flight events wait for it, and
// not only when what has left the window fills the house.
func TestWhatHasLeftTheWindowCountsAsWork(t *testing.T) {
	for name, source := range map[string]*pipeline.Source{"live": nil, "finite": {Finite: true, Hold: pipeline.Forever}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				open := make(chan struct{})
				rig := flowtest.Start(t, flowOf("    max_in_flight: 4\n"+toOut, identify, "{reorder: {window: 10s}}"), flowtest.Options{
					Catalog: catalog(), Source: source, Fail: func(string, *pipeline.Event, int) error { <-open; return nil },
				})
				for i := range 200 {
					rig.Feed.Send("", event(fmt.Sprint(i), fmt.Sprint(i), i))
					settle(time.Second)
				}
				// 10 are in the window and up to 4 before the sink; what has been read so far
				// may still be let go.
				if s := rig.Pipeline.Stats(); s.Read > 30 {
					t.Errorf("%d were read, %d in flight and %d held", s.Read, s.InFlight, s.Held)
				}
				close(open)
				rig.Feed.End()
				settle(time.Hour)
				if n := len(rig.Recorder.Got("out")); n != 200 {
					t.Errorf("%d of 200 arrived in the end", n)
				}
			})
		})
	}
}

func TestAFullHouseLetsGoWhatItHasNoRoomForAndNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := replayed(t, "    max_in_flight: 4\n    max_held: 16\n", 100, 0, 100)
		if err := ends(t, rig); err != nil {
			t.Fatal(err)
		}
		got := rig.Recorder.Got("out")
		// At the end the house holds 16, and what was in flight when it was full; as two
		// go at a time, it may lack one.
		if n := forcedIn(got); len(got) != 100 || n < 80 || n > 85 {
			t.Errorf("%d of %d went early, with room for 16", n, len(got))
		}
	})
}

func TestAFullHouseThatStopsLetsNothingGoEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := replayed(t, "    max_in_flight: 4\n    max_held: 16\n", 100, 0, 100)
		settle(1500 * time.Millisecond)
		if err := rig.Stop(); err != nil {
			t.Fatal(err)
		}
		if n := len(rig.Recorder.Got("out")); n != 4 {
			t.Errorf("%d were delivered, want the 4 that were on their way or had gone before", n)
		}
	})
}

// Who looks at the numbers of a flow holds the account of reorder for a moment: what becomes
// of events meanwhile is taken in before anything is let go early for it.
func TestLookingAtAReplayLetsNothingGoEarly(t *testing.T) {
	for range 20 {
		rig := flowtest.Load(t, flowOf("    max_in_flight: 4\n    max_held: 20\n"+toOut, identify, "{dedupe: {}}", "{reorder: {window: 10s}}"),
			flowtest.Options{Catalog: catalog(), Source: &pipeline.Source{Finite: true, Hold: pipeline.Forever}, State: quickTimes()})
		for i := range 200 {
			rig.Feed.Send("", event(fmt.Sprint(i), "a", i))
		}
		rig.Feed.End()
		rig.Run()
		over := make(chan struct{})
		go func() {
			defer close(over)
			if err := rig.Wait(); err != nil {
				t.Error(err)
			}
		}()
		for looking := true; looking; {
			select {
			case <-over:
				looking = false
			default:
				rig.Pipeline.Stats()
			}
		}
		if n := forcedIn(rig.Recorder.Got("out")); n > 0 {
			t.Fatalf("%d went early", n)
		}
	}
}

// quickTimes is a state store that has the times of keys at hand.
func quickTimes() *flowtest.State {
	s := flowtest.NewState()
	s.QuickTimes = true
	return s
}
