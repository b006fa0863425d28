// Package recall remembers what a slow service answered.
//
// Callers that ask for the same key at the same time share one call to the service.
// What it answered is kept for a while, also that there is nothing under a key, and
// within two bounds: how many answers there are, and how large they are together.
// A call that fails is forgotten at once, so that the next caller tries again.
package recall

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Service is what is asked.
type Service interface {
	// Lookup returns the value of a key, or false when there is none. It is not called
	// for a key again before it has returned, unless nobody waits for it any more; its
	// context ends then. Nobody changes the value.
	Lookup(ctx context.Context, key string) (value []byte, found bool, err error)
}

// Options say what is remembered. All of them must be set; a duration of 0 keeps
// nothing.
type Options struct {
	// For is how long a value is kept, from when it came.
	For time.Duration
	// MissFor is how long it is remembered that there is no value.
	MissFor time.Duration
	// MaxEntries is how many answers are kept, and MaxBytes how large they may be
	// together, with their keys. Those that nobody asked for longest make room.
	MaxEntries int
	MaxBytes   int64
	Now        func() time.Time
}

// Cache is what concurrent callers share. It has goroutines only while the service
// is asked.
type Cache struct {
	service Service
	o       Options
	running context.Context
	cancel  context.CancelFunc
	calls   sync.WaitGroup

	mu      sync.Mutex
	kept    shelf
	flights map[string]*flight
}

// New returns a cache that has to be closed.
func New(s Service, o Options) *Cache {
	c := &Cache{service: s, o: o, kept: newShelf(o.MaxEntries, o.MaxBytes), flights: map[string]*flight{}}
	c.running, c.cancel = context.WithCancel(context.Background())
	return c
}

// ErrStopped is what Get returns when stop closed before there was an answer.
var ErrStopped = errors.New("stopped before there was an answer")

// Known returns what is remembered of a key, without asking anybody; known is false
// when that is nothing.
func (c *Cache) Known(key []byte) (value []byte, found, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.kept.get(key, c.o.Now())
	if a == nil {
		return nil, false, false
	}
	return a.value, a.found, true
}

// Get returns the value of a key, or false when there is none. It asks the service
// unless the answer is remembered, or waits with those who have asked already. When
// ctx ends it returns the context's error, and when stop closes [ErrStopped]; the
// others go on waiting. A nil stop never closes.
func (c *Cache) Get(ctx context.Context, stop <-chan struct{}, key string) (value []byte, found bool, err error) {
	if err := over(ctx, stop); err != nil {
		return nil, false, err
	}
	f, a := c.board(key)
	if a != nil {
		return a.value, a.found, nil
	}
	select {
	case <-f.landed:
		return f.value, f.found, f.err
	case <-ctx.Done():
	case <-stop:
	}
	c.leave(f)
	return nil, false, over(ctx, stop)
}

// over says why a caller need not wait, or nil.
func over(ctx context.Context, stop <-chan struct{}) error {
	select {
	case <-stop:
		return ErrStopped
	default:
		return ctx.Err()
	}
}

// Close breaks off the calls for which nobody waits any more. There must be no
// callers left.
func (c *Cache) Close() {
	c.cancel()
	c.calls.Wait()
}
