package tiki

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/tiki/tikitest"
)

// handingBack is a flow whose sink gives up at once, so that events go back to the source.
func handingBack(s *tikitest.Server) string {
	return strings.NewReplacer("on_error: {dead_letter: dead}", "on_error: {retry: {backoff: 1ms..1ms, give_up_after: 1ms}}", ", dead: {record: {}}", "").Replace(flow(s, ""))
}

func TestWhatGoesBackIsOfferedAgainFromMemoryAndNothingElseIs(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer(t, tikitest.Options{})
		push(t, s, 0, 10)
		var mu sync.Mutex
		attempts := map[string][]time.Time{}
		began := time.Now()
		rig := flowtest.Start(t, handingBack(s), flowtest.Options{Catalog: ours(s), Fail: func(_ string, e *pipeline.Event, _ int) error {
			mu.Lock()
			defer mu.Unlock()
			last := attempts[e.ID]
			if len(last) == 0 || time.Since(last[len(last)-1]) > 100*time.Millisecond {
				attempts[e.ID] = append(last, time.Now())
			}
			if (e.ID == "e3" || e.ID == "e5") && time.Since(began) < 10*time.Minute {
				return pipeline.Reject(errors.New("no"))
			}
			return nil
		}})
		settle(9 * time.Minute)
		if n := s.Calls()[tikitest.Pull]; n != 1 || removed(s) != 0 {
			t.Errorf("%d pulls, %d removed", n, removed(s))
		}
		// After 1, 2, 4, 8, 16, 32 seconds, and then every minute.
		mu.Lock()
		if n := len(attempts["e3"]); n < 13 || n > 15 || len(attempts["e5"]) != n {
			t.Errorf("e3 was offered %d times, e5 %d times", n, len(attempts["e5"]))
		}
		mu.Unlock()
		settle(3 * time.Minute)
		got := delivered(rig)
		if want := append(slices.DeleteFunc(ids(0, 10), func(id string) bool { return id == "e3" || id == "e5" }), "e3", "e5"); !slices.Equal(got, want) {
			t.Errorf("delivered %v, want %v", got, want)
		}
		if removed(s) != 10 {
			t.Errorf("%d removed", removed(s))
		}
		stop(t, rig)
	})
}

func TestWhatGoesBackEarlierIsNotOvertakenByWhatComesBehindIt(t *testing.T) {
	table := newTable(func(returns int) time.Duration { return time.Duration(returns) * time.Second })
	now := time.Now()
	table.take([]element{{id: "0"}, {id: "1", digest: [32]byte{1}}, {id: "2", digest: [32]byte{2}}})
	all, _ := table.next(now)
	table.handBack(all[:1], now)
	again, wait := table.next(now)
	if len(again) != 0 || wait != time.Second {
		t.Fatalf("%d are due, wait %s", len(again), wait)
	}
	again, _ = table.next(now.Add(time.Second))
	table.handBack(again, now.Add(time.Second)) // due in two seconds
	table.handBack(all[2:], now.Add(time.Second))
	again, _ = table.next(now.Add(2 * time.Second))
	if len(again) != 2 || again[0].id != "0" || again[1].id != "2" {
		t.Errorf("offered: %v", again)
	}
	table.settle(again[0])
	table.settle(again[1])
	if n := table.open(); n != 1 {
		t.Errorf("%d open", n)
	}
}

func TestASettledBatchIsAcknowledgedWhenTheFlowStops(t *testing.T) {
	bubble(t, func(t *testing.T) {
		// The pull that would say so hangs.
		s := newServer(t, tikitest.Options{Intercept: func(c tikitest.Call) *tikitest.Fault {
			if c.Action == tikitest.Pull && c.Number == 2 {
				return &tikitest.Fault{Delay: time.Hour}
			}
			return nil
		}})
		push(t, s, 0, 10)
		rig := start(t, s, flowtest.Options{})
		settle(5 * time.Second)
		if removed(s) != 0 {
			t.Fatal("removed early")
		}
		stop(t, rig)
		if removed(s) != 10 || s.Calls()[tikitest.Ack] != 1 || rig.Pipeline.Stats().Sum("acknowledged") != 10 {
			t.Errorf("%d removed after %d acks", removed(s), s.Calls()[tikitest.Ack])
		}
	})
}

func TestABatchThatIsNotSettledIsNotAcknowledgedWhenTheFlowStops(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer(t, tikitest.Options{})
		push(t, s, 0, 10)
		rig := start(t, s, flowtest.Options{Fail: func(_ string, e *pipeline.Event, _ int) error {
			if e.ID == "e9" {
				return errors.New("the sink is away")
			}
			return nil
		}})
		settle(time.Minute)
		stop(t, rig)
		if removed(s) != 0 || s.Calls()[tikitest.Ack] != 0 {
			t.Errorf("%d removed after %d acks", removed(s), s.Calls()[tikitest.Ack])
		}
	})
}

func TestTheLastAckIsGivenUpAfterAShortWhile(t *testing.T) {
	for name, fault := range map[string]*tikitest.Fault{"hangs": {Delay: time.Hour}, "fails": tikitest.Status(503)} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newServer(t, tikitest.Options{Intercept: func(c tikitest.Call) *tikitest.Fault {
					if c.Action == tikitest.Ack || c.Action == tikitest.Pull && c.Number > 1 {
						return fault
					}
					return nil
				}})
				push(t, s, 0, 10)
				j := &journal{}
				rig := start(t, s, flowtest.Options{Log: j.logger()})
				settle(time.Second)
				began := time.Now()
				stop(t, rig)
				if took := time.Since(began); took > 3*time.Second {
					t.Errorf("the stop took %s", took)
				}
				if !strings.Contains(j.String(), "they come again") {
					t.Errorf("it is not said: %s", j)
				}
			})
		})
	}
}

func TestAServerThatIgnoresAcksDoesNotHaveEventsDeliveredAgainAndAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var deaf atomic.Bool
		deaf.Store(true)
		s := newServer(t, tikitest.Options{IgnoreStaleAcks: true})
		push(t, s, 0, 10)
		j := &journal{}
		rig := flowtest.Start(t, flow(s, ""), flowtest.Options{Catalog: through(rewriting{s, &deaf}), Log: j.logger()})
		settle(time.Hour)
		if n := len(rig.Recorder.Got("out")); n != 10 {
			t.Errorf("%d delivered of 10", n)
		}
		if n := s.Calls()[tikitest.Pull]; n > 100 {
			t.Errorf("%d pulls", n)
		}
		if !strings.Contains(j.String(), "the same events came again") {
			t.Errorf("it is not said: %s", j)
		}
		deaf.Store(false)
		push(t, s, 10, 12)
		settle(3 * time.Minute)
		if got := delivered(rig); !slices.Equal(got, ids(0, 12)) || removed(s) != 12 {
			t.Errorf("delivered %v, removed %d", got, removed(s))
		}
		stop(t, rig)
	})
}
