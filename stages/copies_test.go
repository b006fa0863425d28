package stages_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// Copies of an event that a sink is at go back as soon as the flow stops, and need not wait
// for what becomes of it.
func TestCopiesUnderWayGoBackWhenTheFlowStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := make(chan struct{})
		rig := flowtest.Start(t, flowOf(toOut+"stop_timeout: 1h\n", identify, "{dedupe: {}}"), flowtest.Options{
			Catalog: catalog(), Fail: func(string, *pipeline.Event, int) error { <-open; return nil },
		})
		first := rig.Feed.Send("", event("1", "a", 1))
		settle(time.Second)
		copies := []*flowtest.Sent{rig.Feed.Send("", event("1", "a", 1)), rig.Feed.Send("", event("1", "a", 1))}
		settle(time.Second)
		if s := rig.Pipeline.Stats(); s.Held != 2 || s.InFlight != 1 {
			t.Fatalf("%d are held and %d in flight, want the copies and the first", s.Held, s.InFlight)
		}
		stopped := make(chan error)
		go func() { stopped <- rig.Stop() }()
		settle(time.Second)
		for _, c := range copies {
			if c.Acked() || c.Returned() != 1 {
				t.Errorf("a copy is acknowledged: %v, and came back %d times", c.Acked(), c.Returned())
			}
		}
		if first.Acked() || first.Returned() > 0 {
			t.Error("the first is not in the sink any more")
		}
		close(open)
		if err := <-stopped; err != nil || !first.Acked() {
			t.Errorf("the first is acknowledged: %v, %v", first.Acked(), err)
		}
	})
}

// When the first of three fails, one copy takes its place, and the other one waits for that.
func TestOneOfManyCopiesTakesThePlaceOfAFailedEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		attempts, open := 0, make(chan struct{})
		rig := flowtest.Start(t, flowOf(toOut, identify, "{dedupe: {}}"), flowtest.Options{
			Catalog: catalog(), Fail: func(string, *pipeline.Event, int) error {
				if attempts++; attempts == 1 {
					<-open
					return pipeline.ErrReturned
				}
				return nil
			},
		})
		first := rig.Feed.Send("", event("1", "a", 1))
		settle(time.Second)
		second, third := rig.Feed.Send("", event("1", "a", 1)), rig.Feed.Send("", event("1", "a", 1))
		settle(time.Second)
		close(open)
		settle(time.Second)
		if first.Acked() || !second.Acked() || !third.Acked() {
			t.Errorf("acknowledged: %v, %v, %v", first.Acked(), second.Acked(), third.Acked())
		}
		if n, s := len(rig.Recorder.Got("out")), rig.Pipeline.Stats(); n != 1 || s.Held != 0 {
			t.Errorf("%d were delivered and %d are held", n, s.Held)
		}
	})
}

// panickingState is a store that panics when it is asked the first time.
type panickingState struct {
	*flowtest.State
	panicked *atomic.Bool
}

type panickingClaims struct {
	pipeline.ClaimsLater
	panicked *atomic.Bool
}

func (s panickingState) Claims(space string) pipeline.Claims {
	return struct {
		pipeline.Claims
		panickingClaims
	}{s.State.Claims(space), panickingClaims{askedState{s.State}.Claims(space).(pipeline.ClaimsLater), s.panicked}}
}

func (c panickingClaims) ClaimLater(ctx context.Context, id pipeline.Digest, done func(*pipeline.Convoy, pipeline.Verdict, error)) bool {
	if !c.panicked.Swap(true) {
		time.Sleep(time.Second)
		panic("the store is broken")
	}
	return false
}

func TestCopiesDoNotWaitForAnEventWhoseStoreHasPanicked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, flowOf(toDead, identify, "{dedupe: {}}"),
			flowtest.Options{Catalog: catalog(), State: panickingState{flowtest.NewState(), new(atomic.Bool)}})
		first := rig.Feed.Send("", event("1", "a", 1))
		settle(time.Second / 2)
		second := rig.Feed.Send("", event("1", "a", 1))
		settle(time.Minute)
		if !first.Acked() || !second.Acked() || len(rig.Recorder.Got("dead")) != 1 || len(rig.Recorder.Got("out")) != 1 {
			t.Errorf("acknowledged: %v and %v, %d dead letters, %d delivered", first.Acked(), second.Acked(), len(rig.Recorder.Got("dead")), len(rig.Recorder.Got("out")))
		}
	})
}
