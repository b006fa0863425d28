package stages_test

import (
	"context"
	"errors"
	"fmt"
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

// These tests are about what stages do to each other. Events are written as
// {"id", "k", "t"}: t is seconds since an hour that lies in the past of every
// synctest bubble.

const identify = `{identify: {id: body.id, key: body.k, time: {from: body.t, layout: unix}}}`

func event(id, key string, t int) string {
	return fmt.Sprintf(`{"id":%q,"k":%q,"t":%d}`, id, key, 900_000_000+t)
}

func messageOf(events ...string) string { return `{"events":[` + strings.Join(events, ",") + `]}` }

// flowOf is a pipeline.yaml with one flow of these stages.
func flowOf(rest string, stages ...string) string {
	return "version: 1\nflows:\n  f:\n    from: {feed: {}}\n    stages: [" + strings.Join(stages, ", ") + "]\n" + rest
}

const (
	toOut   = "    to: out\nsinks: {out: {record: {}}}\n"
	toDead  = "    to: out\n    on_error: {retry: {backoff: 1s}, dead_letter: dead}\nsinks: {out: {record: {}}, dead: {record: {}}}\n"
	splitUp = "{split: body.events}"
)

func catalog() pipeline.Catalog { return pipeline.Catalog{Stages: stages.All()} }

var errAway = errors.New("sink is away")

// settle lets virtual time pass and everything that it sets off come to rest.
func settle(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestPartsOfAMessageAreReorderedWithinOneWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, flowOf(toOut, splitUp, identify, "{reorder: {window: 10s}}"), flowtest.Options{Catalog: catalog()})
		sent := rig.Feed.Send("m", messageOf(event("3", "a", 3), event("1", "a", 1), event("9", "b", 9), event("2", "a", 2)))
		settle(9 * time.Second)
		if got := rig.Recorder.IDs("out"); len(got) != 0 || sent.Acked() {
			t.Fatalf("%v left before the window was over", got)
		}
		settle(2 * time.Second)
		got := rig.Recorder.IDs("out")
		if a := slices.DeleteFunc(got, func(id string) bool { return id == "9" }); !slices.Equal(a, []string{"1", "2", "3"}) {
			t.Errorf("key a left as %v", a)
		}
		if !sent.Acked() {
			t.Error("the message is not settled though all of its parts are")
		}
	})
}

func TestAFailedPartComesAgainAloneWhenItsMessageDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, flowOf(toOut, splitUp, identify, "{dedupe: {}}"), flowtest.Options{
			Catalog: catalog(), Redeliver: true,
			Fail: func(_ string, e *pipeline.Event, attempt int) error {
				if e.ID == "2" && attempt == 1 {
					return pipeline.Reject(errors.New("not like this"))
				}
				return nil
			},
		})
		sent := rig.Feed.Send("m", messageOf(event("1", "a", 1), event("2", "a", 2), event("3", "a", 3)))
		settle(time.Second)
		got := rig.Recorder.IDs("out")
		slices.Sort(got)
		if !slices.Equal(got, []string{"1", "2", "3"}) || !sent.Acked() || sent.Returned() != 1 {
			t.Errorf("arrived %v, acked %v, returned %d times", got, sent.Acked(), sent.Returned())
		}
	})
}

func TestSuccessorsStayHeldWhileTheHeadIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, flowOf(toDead, identify, "{reorder: {window: 10s}}"), flowtest.Options{
			Catalog: catalog(),
			Fail: func(_ string, e *pipeline.Event, attempt int) error {
				if e.ID == "1" && attempt < 5 {
					return errAway
				}
				return nil
			},
		})
		second, first := rig.Feed.Send("", event("2", "a", 2)), rig.Feed.Send("", event("1", "a", 1))
		other := rig.Feed.Send("", event("b1", "b", 1))
		settle(11 * time.Second)
		if got := rig.Recorder.IDs("out"); !slices.Equal(got, []string{"b1"}) {
			t.Fatalf("while the head is tried again %v arrived, want only the other key", got)
		}
		settle(10 * time.Second)
		if got := rig.Recorder.IDs("out"); !slices.Equal(got, []string{"b1", "1", "2"}) {
			t.Errorf("arrived %v", got)
		}
		for _, s := range []*flowtest.Sent{first, second, other} {
			if !s.Acked() || s.Returned() != 0 {
				t.Errorf("event acked %v, returned %d times", s.Acked(), s.Returned())
			}
		}
	})
}

func TestADeadHeadLeavesAGapMarkAndItsCopiesAreDuplicates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, flowOf(toDead, identify, "{dedupe: {}}", "{reorder: {window: 10s}}"), flowtest.Options{
			Catalog: catalog(),
			Fail: func(sink string, e *pipeline.Event, _ int) error {
				if sink == "out" && e.ID == "1" {
					return pipeline.Reject(errors.New("never"))
				}
				return nil
			},
		})
		rig.Feed.Send("", event("1", "a", 1))
		rig.Feed.Send("", event("2", "a", 2))
		copied := rig.Feed.Send("", event("1", "a", 1))
		settle(20 * time.Second)
		late := rig.Feed.Send("", event("1", "a", 1))
		settle(20 * time.Second)
		got := rig.Recorder.Got("out")
		if len(got) != 1 || got[0].ID != "2" || got[0].Meta[pipeline.MarkGap] == "" {
			t.Errorf("arrived %+v, want 2 with a gap mark", got)
		}
		if dead := rig.Recorder.IDs("dead"); !slices.Equal(dead, []string{"1"}) || !copied.Acked() || !late.Acked() {
			t.Errorf("dead letters %v, copies settled %v %v", dead, copied.Acked(), late.Acked())
		}
	})
}

func TestCopiesOfHeldEventsDoNotStallAFlowAtItsLimits(t *testing.T) {
	for _, live := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			limits := "    max_in_flight: 2\n    max_held: 3\n"
			o := flowtest.Options{Catalog: catalog(), Source: &pipeline.Source{Hold: pipeline.Forever, Finite: !live}}
			rig := flowtest.Load(t, flowOf(limits+toOut, identify, "{dedupe: {}}", "{reorder: {window: 10s}}"), o)
			var sent []*flowtest.Sent
			for i := range 20 {
				for range 3 {
					sent = append(sent, rig.Feed.Send("", event(fmt.Sprint(i), "a", i)))
				}
			}
			rig.Feed.End()
			rig.Run()
			settle(time.Hour)
			rig.Stop()
			if got := rig.Recorder.IDs("out"); len(got) != 20 {
				t.Errorf("live %v: %d of 20 events arrived: %v", live, len(got), got)
			}
			for _, s := range sent {
				if !s.Acked() {
					t.Fatal("a copy is not settled")
				}
			}
		})
	}
}

func TestAWindowLargerThanMaxInFlightDoesNotStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, flowOf("    max_in_flight: 1\n"+toOut, splitUp, identify, "{reorder: {window: 10s}}"), flowtest.Options{Catalog: catalog()})
		for i := range 10 {
			rig.Feed.Send("", messageOf(event(fmt.Sprint(2*i), "a", 100-i), event(fmt.Sprint(2*i+1), "b", 100-i)))
		}
		settle(11 * time.Second)
		got := rig.Recorder.Got("out")
		if len(got) != 20 {
			t.Fatalf("%d of 20 arrived within one window", len(got))
		}
		if !slices.IsSortedFunc(got, func(a, b flowtest.Got) int {
			if a.Key != b.Key {
				return 0
			}
			return a.Time.Compare(b.Time)
		}) {
			t.Error("out of order")
		}
	})
}

func TestALiveSourceIsNotReadOnWhileTooMuchIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, flowOf("    max_held: 5\n    max_in_flight: 1\n"+toOut, identify, "{reorder: {window: 10s}}"), flowtest.Options{Catalog: catalog()})
		for i := range 20 {
			rig.Feed.Send("", event(fmt.Sprint(i), "a", i))
		}
		settle(5 * time.Second)
		if s := rig.Pipeline.Stats(); s.Held != 5 || s.Read != 5 {
			t.Errorf("held %d, read %d, want 5 and 5", s.Held, s.Read)
		}
		settle(time.Minute)
		if got := rig.Recorder.IDs("out"); len(got) != 20 {
			t.Errorf("%d of 20 arrived in the end", len(got))
		}
	})
}

func TestAFinishedSinkIsNotCalledAgainWhenAnotherFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rest := "    to: [good, bad]\n    on_error: {retry: {backoff: 1s}}\nsinks: {good: {record: {}}, bad: {record: {}}}\n"
		rig := flowtest.Start(t, flowOf(rest, identify), flowtest.Options{Catalog: catalog(), Fail: func(sink string, _ *pipeline.Event, attempt int) error {
			if sink == "bad" && attempt < 4 {
				return errAway
			}
			return nil
		}})
		sent := rig.Feed.Send("", event("1", "a", 1))
		settle(time.Millisecond)
		if good := rig.Recorder.IDs("good"); len(good) != 1 || sent.Acked() {
			t.Errorf("the good sink got %v, acked %v before the other has it", good, sent.Acked())
		}
		settle(10 * time.Second)
		if good, bad := rig.Recorder.IDs("good"), rig.Recorder.IDs("bad"); len(good) != 1 || len(bad) != 1 || !sent.Acked() {
			t.Errorf("good %v, bad %v, acked %v", good, bad, sent.Acked())
		}
	})
}

func TestHeldEventsGoBackWhenTheFlowStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, flowOf(toOut, identify, "{dedupe: {}}", "{reorder: {window: 1h}}"), flowtest.Options{Catalog: catalog()})
		held, copied := rig.Feed.Send("", event("1", "a", 1)), rig.Feed.Send("", event("1", "a", 1))
		settle(time.Second)
		begun := time.Now()
		if err := rig.Stop(); err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took > time.Second {
			t.Errorf("the stop took %s", took)
		}
		synctest.Wait() // until the feed has noted it
		if held.Acked() || copied.Acked() || held.Returned() != 1 || copied.Returned() != 1 {
			t.Error("held events were not handed back")
		}
		if s := rig.Pipeline.Stats(); s.Returned != 0 || s.Held != 0 || s.InFlight != 0 {
			t.Errorf("after the stop: %+v", s)
		}
	})
}

func TestAnOutagePausesTheFlowAndIsProbedByOneEventAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var away atomic.Bool
		var calls atomic.Int32
		away.Store(true)
		rig := flowtest.Start(t, flowOf(toDead, identify), flowtest.Options{Catalog: catalog(), Fail: func(sink string, _ *pipeline.Event, _ int) error {
			if calls.Add(1); away.Load() {
				return errAway
			}
			return nil
		}})
		for i := range 50 {
			rig.Feed.Send("", event(fmt.Sprint(i), "a", i))
		}
		settle(10 * time.Second)
		calls.Store(0)
		settle(time.Minute)
		if n := calls.Load(); n < 50 || n > 130 {
			t.Errorf("in a minute the sink that is away was tried %d times, want about once per backoff of up to 1s", n)
		}
		away.Store(false)
		settle(5 * time.Second)
		if out, dead := rig.Recorder.IDs("out"), rig.Recorder.IDs("dead"); len(out) != 50 || len(dead) != 0 {
			t.Errorf("%d arrived, %d dead letters", len(out), len(dead))
		}
	})
}

func TestOneEventThatAlwaysFailsDoesNotPauseOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, flowOf(toDead, identify), flowtest.Options{Catalog: catalog(), Fail: func(_ string, e *pipeline.Event, _ int) error {
			if e.ID == "poison" {
				return errAway
			}
			return nil
		}})
		rig.Feed.Send("", event("poison", "a", 1))
		settle(time.Minute)
		for i := range 10 {
			rig.Feed.Send("", event(fmt.Sprint(i), "a", i))
		}
		settle(time.Second)
		if got := rig.Recorder.IDs("out"); len(got) != 10 {
			t.Errorf("%d of 10 arrived", len(got))
		}
	})
}

func TestAnEventIsGivenUpAfterItsTimeAndNamesItsSink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rest := strings.Replace(toDead, "backoff: 1s", "backoff: 1s, give_up_after: 30s", 1)
		rig := flowtest.Start(t, flowOf(rest, identify), flowtest.Options{Catalog: catalog(), Fail: func(sink string, _ *pipeline.Event, _ int) error {
			if sink == "out" {
				return errAway
			}
			return nil
		}})
		sent := rig.Feed.Send("", event("1", "a", 1))
		settle(29 * time.Second)
		if sent.Acked() {
			t.Fatal("given up too early")
		}
		settle(5 * time.Second)
		dead := rig.Recorder.Bodies("dead")
		if len(dead) != 1 || !strings.Contains(dead[0], `"sink":"out"`) || !strings.Contains(dead[0], "given up after 30s: sink is away") || !sent.Acked() {
			t.Errorf("dead letters %v, acked %v", dead, sent.Acked())
		}
	})
}

func TestAnEventGoesBackWhenItsDeadLetterIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, flowOf(toDead, identify), flowtest.Options{Catalog: catalog(), Fail: func(string, *pipeline.Event, int) error {
			return pipeline.Reject(errors.New("never"))
		}})
		sent := rig.Feed.Send("", event("1", "a", 1))
		settle(time.Second)
		if sent.Acked() || sent.Returned() != 1 {
			t.Errorf("acked %v, returned %d times", sent.Acked(), sent.Returned())
		}
	})
}

func TestEventsThatNoRouteTakesBecomeDeadLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rest := "    on_error: {dead_letter: dead}\nsinks: {out: {record: {}}, dead: {record: {}}}\n"
		rig := flowtest.Start(t, flowOf(rest, identify, `{route: [{when: 'body.k == "a"', to: out}]}`), flowtest.Options{Catalog: catalog()})
		rig.Feed.Send("", event("1", "a", 1))
		rig.Feed.Send("", event("2", "b", 1))
		settle(time.Second)
		dead := rig.Recorder.Bodies("dead")
		if len(dead) != 1 || !strings.Contains(dead[0], "no route") || len(rig.Recorder.IDs("out")) != 1 {
			t.Errorf("dead letters %v", dead)
		}
	})
}

// Which of several copies that are under way together goes on is chance; but for
// that, nothing about a replay is.
func TestAReplayLeavesTheSameWayEachTime(t *testing.T) {
	leave := func() (ids []string) {
		synctest.Test(t, func(t *testing.T) {
			rig := flowtest.Load(t, flowOf(toOut, splitUp, identify, "{dedupe: {}}", "{reorder: {window: 20s}}"),
				flowtest.Options{Catalog: catalog(), Source: &pipeline.Source{Finite: true, Hold: pipeline.Forever}})
			for i := range 300 {
				t := (i*7919)%50 + i
				rig.Feed.Send("", messageOf(event(fmt.Sprint(i), "a", t), event(fmt.Sprint(i+1000), "a", t-30)))
			}
			rig.Feed.End()
			rig.Run()
			if err := rig.Wait(); err != nil {
				t.Error(err)
			}
			for _, g := range rig.Recorder.Got("out") {
				ids = append(ids, g.ID+g.Meta[pipeline.MarkLate])
			}
		})
		return ids
	}
	first := leave()
	for range 5 {
		if again := leave(); !slices.Equal(first, again) {
			t.Fatalf("two replays differ:\n%v\n%v", first, again)
		}
	}
}

func TestAnOutageIsOverWithTheFirstRejection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var away atomic.Bool
		away.Store(true)
		rest := "    to: out\n    on_error: {dead_letter: dead}\nsinks: {out: {record: {}}, dead: {record: {}}}\n"
		rig := flowtest.Start(t, flowOf(rest, identify), flowtest.Options{Catalog: catalog(), Fail: func(sink string, _ *pipeline.Event, _ int) error {
			switch {
			case sink == "dead":
				return nil
			case away.Load():
				return errAway
			}
			return pipeline.Reject(errors.New("not like this"))
		}})
		for i := range 100 {
			rig.Feed.Send("", event(fmt.Sprint(i), "a", i))
		}
		settle(10 * time.Minute)
		away.Store(false)
		settle(time.Minute)
		if n := len(rig.Recorder.IDs("dead")); n != 100 {
			t.Errorf("a minute after the sink answers again %d of 100 events have been rejected", n)
		}
	})
}

func TestAStageThatFailsAfterNextIsNotCalledAgain(t *testing.T) {
	for _, to := range []string{"out", "[out, other]"} {
		synctest.Test(t, func(t *testing.T) {
			var failures atomic.Int32
			o := flowtest.Options{Catalog: catalog()}
			o.Catalog.Stages = append(o.Catalog.Stages, pipeline.DefineStage("after", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Stage, error) {
				return func(next pipeline.Handler) pipeline.Handler {
					return func(ctx context.Context, e *pipeline.Event) error {
						err := next(ctx, e)
						if err == nil && failures.Add(1) <= 2 {
							err = errors.New("after next")
						}
						return err
					}
				}, nil
			}))
			rig := flowtest.Start(t, flowOf("    to: "+to+"\nsinks: {out: {record: {}}, other: {record: {}}}\n", "after", "{copy: other}"), o)
			sent := rig.Feed.Send("1", "1")
			settle(time.Hour)
			if got := rig.Recorder.IDs("out"); len(got) != 1 || sent.Returned() != 1 {
				t.Errorf("to %s: delivered %d times, returned %d times", to, len(got), sent.Returned())
			}
		})
	}
}
