package snssig

import (
	"context"
	"sync"
)

// flights are the requests under way. Each belongs to itself, not to the first
// of those who wait for it, who may leave before the others.
type flights struct {
	alive  context.Context // ends with close
	cancel context.CancelFunc
	all    sync.WaitGroup
}

func newFlights() *flights {
	f := &flights{}
	f.alive, f.cancel = context.WithCancel(context.Background())
	return f
}

// flight is one of them.
type flight[V any] struct {
	done  chan struct{} // closed once there is a result
	value V
	err   error
}

// start runs f in its own goroutine, which ends when f does. The caller has made
// sure that close is not called at the same time.
func start[V any](all *flights, f func(ctx context.Context, result *flight[V])) *flight[V] {
	fl := &flight[V]{done: make(chan struct{})}
	all.all.Go(func() {
		defer close(fl.done)
		f(all.alive, fl)
	})
	return fl
}

// wait returns the result, or a transient error if ctx ends before there is one.
func (fl *flight[V]) wait(ctx context.Context) (V, error) {
	select {
	case <-fl.done:
		return fl.value, fl.err
	case <-ctx.Done():
		var none V
		return none, later(ctx.Err(), 0, "SNS was not waited for")
	}
}

// close has the requests under way end, and waits for that.
func (f *flights) close() {
	f.cancel()
	f.all.Wait()
}
