package statetest

import (
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// Clock is a clock that stands still until it is advanced.
type Clock struct {
	mu     sync.Mutex
	now    time.Time
	timers map[*timer]struct{}
}

type timer struct {
	clock *Clock
	at    time.Time
	f     func()
}

// NewClock returns a clock that shows a time of some day in 2026.
func NewClock() *Clock {
	return &Clock{
		now:    time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		timers: map[*timer]struct{}{},
	}
}

// Now returns the time the clock was advanced to.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// AfterFunc has f called in a goroutine by the [Clock.Advance] that reaches it.
func (c *Clock) AfterFunc(d time.Duration, f func()) pipeline.Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &timer{clock: c, at: c.now.Add(d), f: f}
	if d <= 0 {
		go f()
	} else {
		c.timers[t] = struct{}{}
	}
	return t
}

// Advance moves the clock on and calls what has become due.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	for t := range c.timers {
		if !t.at.After(c.now) {
			delete(c.timers, t)
			go t.f()
		}
	}
}

// Stop keeps the timer's function from being called.
func (t *timer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	_, pending := t.clock.timers[t]
	delete(t.clock.timers, t)
	return pending
}
