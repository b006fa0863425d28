// Package coalesce puts what concurrent callers want to send into common
// requests.
//
// Each caller of [Coalescer.Do] waits for what becomes of its own item, so a
// caller that may forget it once Do returns nil needs nothing else. A caller that
// is alone never waits for others: its item goes out at once. When a request is
// under way, items wait for more of them, for a short while. The items of a group
// leave in the order of the calls, and there is never more than one request with
// items of the same group.
package coalesce

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Options say what a request can take. All of them must be set, but Wait.
type Options[T any] struct {
	// MaxItems is how many items a request takes.
	MaxItems int
	// MaxBytes is how large the items of a request may be together. An item that
	// is larger goes alone.
	MaxBytes int
	// MaxRequests is how many requests may be under way at the same time.
	MaxRequests int
	// Wait is how long items wait for more of them while a request is under way;
	// 0: not at all.
	Wait time.Duration
	// AfterFunc calls f in a goroutine of its own after d, unless stop is called
	// before.
	AfterFunc func(d time.Duration, f func()) (stop func() bool)
	// Send makes a request. It returns what became of each item, by index; nil is
	// the same as a nil error for each. Its context ends only when nobody waits for
	// its result any more and the coalescer is closed: a caller that leaves must not
	// take the others' request with it.
	Send func(ctx context.Context, items []T) []error
}

// Coalescer is what concurrent callers share. It has goroutines only while there
// is something to send.
type Coalescer[T any] struct {
	o       Options[T]
	running context.Context
	cancel  context.CancelFunc
	calls   sync.WaitGroup // of Do
	senders sync.WaitGroup

	mu sync.Mutex
	waiting[T]
	closed   bool
	givenUp  bool // nothing more is sent
	sending  int  // senders there are
	starting int  // of these, those that have not taken their first items yet
	due      bool
	// stopTimer stops the timer that makes the waiting items due; nil: there is none.
	stopTimer func() bool
	timer     uint64 // its number: one that was stopped too late must not count
}

// New returns a coalescer that has to be closed.
func New[T any](o Options[T]) *Coalescer[T] {
	c := &Coalescer[T]{o: o, waiting: waiting[T]{groups: map[string]*lane[T]{}}}
	c.running, c.cancel = context.WithCancel(context.Background())
	return c
}

var (
	// ErrClosed is what Do returns after Close. The item was not sent.
	ErrClosed = errors.New("closed: nothing is sent any more")
	// ErrStopped is what Do returns when stop closed before the item was sent.
	ErrStopped = errors.New("stopped before it was sent")
)

// Do sends an item in a request with others and returns what became of it.
//
// When ctx ends it returns the context's error: an item that was still waiting is
// then never sent, one that is in a request may arrive or not. When stop closes,
// an item for which there is no request to be had returns with [ErrStopped]; one
// that can go, goes. A nil stop never closes. An empty group is none.
func (c *Coalescer[T]) Do(ctx context.Context, stop <-chan struct{}, value T, size int, group string) error {
	m := &item[T]{value: value, size: size, settled: make(chan struct{})}
	if err := c.add(m, group); err != nil {
		return err
	}
	defer c.calls.Done()
	select {
	case <-m.settled:
		return m.err
	case <-ctx.Done():
	case <-stop:
		if !c.canGo(m) {
			return ErrStopped
		}
		select {
		case <-m.settled:
			return m.err
		case <-ctx.Done():
		}
	}
	return c.leave(m, ctx.Err())
}

func (c *Coalescer[T]) add(m *item[T], group string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return ErrClosed
	}
	c.calls.Add(1)
	if c.sending == 0 && c.ready == 0 || c.o.Wait <= 0 {
		c.due = true
	}
	c.push(m, group)
	c.schedule()
	return nil
}

// leave takes out an item that is not sent yet, and otherwise prefers what became
// of it to the reason for leaving.
func (c *Coalescer[T]) leave(m *item[T], why error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-m.settled:
		return m.err
	default:
	}
	c.drop(m)
	c.schedule()
	return why
}

// canGo lets an item go at once when there is a request to be had for it, and
// otherwise takes it out.
func (c *Coalescer[T]) canGo(m *item[T]) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	room := (c.o.MaxRequests - c.sending + c.starting) * c.o.MaxItems
	goes := m.taken || !m.lane.busy && c.ready <= room
	if goes {
		c.due = c.ready > 0
	} else {
		c.drop(m)
	}
	c.schedule()
	return goes
}

// GiveUp has nothing more be sent: what waits is told of [ErrStopped], and the context of
// requests under way ends. It is for a Close that takes too long.
func (c *Coalescer[T]) GiveUp() {
	c.mu.Lock()
	c.givenUp, c.due = true, c.ready > 0
	c.schedule()
	c.mu.Unlock()
	c.cancel()
}

// Close sends what is still waiting and returns once all callers have their
// results. A request for which nobody waits any more is broken off.
func (c *Coalescer[T]) Close() {
	c.mu.Lock()
	c.closed, c.due = true, true
	c.schedule()
	c.mu.Unlock()
	c.calls.Wait()
	c.cancel()
	c.senders.Wait()
}
