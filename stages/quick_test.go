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

// firstFails is a state store that waits for nothing, and fails to note the first event
// for as long as it is down.
type firstFails struct {
	*flowtest.State
	down *atomic.Bool
}

type firstFailing struct {
	pipeline.Claims
	down  *atomic.Bool
	first *atomic.Pointer[pipeline.Digest]
}

func (s firstFails) Claims(space string) pipeline.Claims {
	return firstFailing{s.State.Claims(space), s.down, new(atomic.Pointer[pipeline.Digest])}
}

func (firstFailing) Quick() bool { return true }

func (c firstFailing) Commit(ctx context.Context, id pipeline.Digest, ttl time.Duration, o pipeline.Outcome) error {
	c.first.CompareAndSwap(nil, &id)
	if c.down.Load() && id == *c.first.Load() {
		return errAway
	}
	return c.Claims.Commit(ctx, id, ttl, o)
}

// inOneGoroutine is a sink that settles what it stores together in one goroutine.
func inOneGoroutine() pipeline.SinkDef {
	return pipeline.DefineSink("together", struct{}{}, func(_ struct{}, env *pipeline.Env) (pipeline.Handler, error) {
		stored := make(chan *pipeline.Pending, 100)
		env.OnStart(func(context.Context) error {
			go func() {
				for p := range stored {
					p.Settle(nil)
				}
			}()
			return nil
		})
		env.OnClose(func() error { close(stored); return nil })
		return func(ctx context.Context, _ *pipeline.Event) error {
			stored <- pipeline.Later(ctx)
			return pipeline.ErrLater
		}, nil
	}).Quick()
}

// Whoever settles an event is not kept from settling others by a state store that cannot
// note it.
func TestAnEventThatCannotBeRecordedHoldsUpNoneThatAreSettledWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := catalog()
		c.Sinks = append(c.Sinks, inOneGoroutine())
		down := &atomic.Bool{}
		down.Store(true)
		rig := flowtest.Start(t, flowOf("    to: out\nsinks: {out: {together: {}}}\n", identify, "{dedupe: {ttl: 1h}}"),
			flowtest.Options{Catalog: c, State: firstFails{flowtest.NewState(), down}})
		first := rig.Feed.Send("1", `{"id":"1","k":"a","t":1}`)
		settle(time.Second)
		second := rig.Feed.Send("2", `{"id":"2","k":"b","t":2}`)
		settle(time.Second)
		if first.Acked() || !second.Acked() {
			t.Errorf("acknowledged: %t and %t, want only the second", first.Acked(), second.Acked())
		}
		down.Store(false)
		settle(time.Minute)
		if !first.Acked() {
			t.Error("the first is not settled in the end")
		}
		if err := rig.Stop(); err != nil {
			t.Error(err)
		}
	})
}
