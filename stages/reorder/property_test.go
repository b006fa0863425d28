package reorder_test

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/stages"
	"pgregory.net/rapid"
)

const flow = `
version: 1
flows:
  f:
    from: {feed: {}}
    max_held: %d
    stages:
      - identify: {id: body.id, key: body.key, time: {from: body.time, layout: rfc3339}}
      - reorder: {window: %s}
    to: out
    on_error: {retry: {backoff: 1s..10s}}
sinks:
  out: {record: {}}
`

// start is before the time at which a synctest bubble begins, as events of the past are.
var start = time.Date(1999, 12, 1, 0, 0, 0, 0, time.UTC)

func (a arrival) payload() string {
	return fmt.Sprintf(`{"id":"%d","key":%q,"time":%q}`, a.id, a.key, start.Add(a.time).Format(time.RFC3339Nano))
}

// arrivals draws events of a few keys whose times mostly rise with their
// arrival. Arrivals are in the order of their ids.
func arrivals(rt *rapid.T) []arrival {
	in := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) arrival {
		return arrival{
			key:  rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "key"),
			at:   time.Duration(rapid.IntRange(0, 600).Draw(rt, "at")) * time.Second,
			time: time.Duration(rapid.IntRange(0, 600).Draw(rt, "time")) * time.Second,
		}
	}), 1, 40).Draw(rt, "arrivals")
	slices.SortStableFunc(in, func(a, b arrival) int { return int(a.at - b.at) })
	for i := range in {
		in[i].id = i
		in[i].at += time.Duration(i) * time.Microsecond // none at the moment when another is due
	}
	return in
}

func windows(rt *rapid.T) time.Duration {
	return time.Duration(rapid.IntRange(1, 300).Draw(rt, "window")) * time.Second
}

// byKey is what reached the sink, by key in order.
func byKey(rig *flowtest.Rig) map[string][]released {
	out := map[string][]released{}
	for _, g := range rig.Recorder.Got("out") {
		id, _ := strconv.Atoi(g.ID)
		out[g.Key] = append(out[g.Key], released{id, g.Meta[pipeline.MarkLate] != ""})
	}
	return out
}

func TestLiveEventsLeaveAsTheModelSays(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		in, window, state := arrivals(rt), windows(rt), drawState(rt)
		var got map[string][]released
		synctest.Test(t, func(t *testing.T) {
			rig := flowtest.Load(t, fmt.Sprintf(flow, 20_000, window), flowtest.Options{Catalog: catalog(), State: state})
			rig.Run()
			defer rig.Stop()
			begun := time.Now()
			for _, a := range in {
				time.Sleep(a.at - time.Since(begun))
				rig.Feed.Send("", a.payload())
				synctest.Wait()
			}
			time.Sleep(window + time.Second)
			synctest.Wait()
			got = byKey(rig)
		})
		if want := modelLive(in, window); !reflect.DeepEqual(got, want) {
			rt.Fatalf("window %s, in %v\ngot  %v\nwant %v", window, in, got, want)
		}
	})
}

// drawState is a state store that has the times of keys at hand, or has not.
func drawState(rt *rapid.T) *flowtest.State {
	s := flowtest.NewState()
	s.QuickTimes = rapid.Bool().Draw(rt, "quick times")
	return s
}

func TestReplayLeavesAsTheModelSays(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		in, window, state := arrivals(rt), windows(rt), drawState(rt)
		var got map[string][]released
		synctest.Test(t, func(t *testing.T) {
			rig := flowtest.Load(t, fmt.Sprintf(flow, 20_000, window), flowtest.Options{Catalog: catalog(), State: state, Source: replay()})
			for _, a := range in {
				rig.Feed.Send("", a.payload())
			}
			rig.Feed.End()
			rig.Run()
			if err := rig.Wait(); err != nil {
				t.Error(err)
			}
			got = byKey(rig)
		})
		if want := modelReplay(in, window); !reflect.DeepEqual(got, want) {
			rt.Fatalf("window %s, in %v\ngot  %v\nwant %v", window, in, got, want)
		}
	})
}

// A sink that fails now and then, messages that come again, a full house: order
// is kept and nothing is lost.
func TestNothingIsLostOrOvertakenWhenSinksFail(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		in, window := arrivals(rt), windows(rt)
		failures := rapid.MapOf(rapid.IntRange(0, 39), rapid.IntRange(0, 4)).Draw(rt, "failures")
		held := rapid.IntRange(1, 10).Draw(rt, "max_held")
		live := rapid.Bool().Draw(rt, "live")
		state := drawState(rt)
		var wrong []string
		synctest.Test(t, func(t *testing.T) {
			o := flowtest.Options{Catalog: catalog(), State: state, Redeliver: true, Fail: func(_ string, e *pipeline.Event, attempt int) error {
				if id, _ := strconv.Atoi(e.ID); attempt <= failures[id] {
					return errors.New("sink is away")
				}
				return nil
			}}
			if !live {
				o.Source = replay()
			}
			rig := flowtest.Load(t, fmt.Sprintf(flow, held, window), o)
			var sent []*flowtest.Sent
			for _, a := range in {
				sent = append(sent, rig.Feed.Send("", a.payload()))
			}
			if !live {
				rig.Feed.End()
			}
			rig.Run()
			time.Sleep(time.Hour * 24)
			synctest.Wait()
			rig.Stop()
			for i, s := range sent {
				if !s.Acked() {
					wrong = append(wrong, fmt.Sprintf("event %d is not settled", i))
				}
			}
			wrong = append(wrong, disorder(rig, len(in))...)
		})
		if len(wrong) > 0 {
			rt.Fatalf("live %v, max_held %d, window %s, failures %v, in %v:\n%s", live, held, window, failures, in, strings.Join(wrong, "\n"))
		}
	})
}

// disorder says what is wrong with what reached the sink.
func disorder(rig *flowtest.Rig, n int) (wrong []string) {
	last, seen := map[string]time.Time{}, map[string]int{}
	for _, g := range rig.Recorder.Got("out") {
		seen[g.ID]++
		if g.Meta[pipeline.MarkLate] != "" {
			continue
		}
		if g.Time.Before(last[g.Key]) {
			wrong = append(wrong, fmt.Sprintf("event %s of key %s left after a later one and is not marked", g.ID, g.Key))
		}
		last[g.Key] = g.Time
	}
	if len(seen) != n {
		wrong = append(wrong, fmt.Sprintf("%d of %d events arrived: %v", len(seen), n, slices.Sorted(maps.Keys(seen))))
	}
	for id, times := range seen {
		if times != 1 {
			wrong = append(wrong, fmt.Sprintf("event %s arrived %d times", id, times))
		}
	}
	return wrong
}

func replay() *pipeline.Source {
	return &pipeline.Source{Finite: true, Hold: pipeline.Forever}
}

func catalog() pipeline.Catalog { return pipeline.Catalog{Stages: stages.All()} }
