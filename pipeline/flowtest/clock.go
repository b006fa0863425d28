package flowtest

import (
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// Clock is a clock that stands still until it is advanced, for tests that cannot run
// in a bubble of testing/synctest because a network takes part.
type Clock struct {
	mu     sync.Mutex
	armed  *sync.Cond // a timer has been added
	now    time.Time
	timers map[*timer]struct{}
}

type timer struct {
	clock *Clock
	at    time.Time
	f     func()
}

// NewClock returns a clock that shows nine o'clock on 14 March 2026, in UTC.
func NewClock() *Clock {
	c := &Clock{
		now:    time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC),
		timers: map[*timer]struct{}{},
	}
	c.armed = sync.NewCond(&c.mu)
	return c
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
		return t
	}
	c.timers[t] = struct{}{}
	c.armed.Broadcast()
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

// Pending returns how many timers wait.
func (c *Clock) Pending() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.timers)
}

// Await returns once at least n timers wait.
func (c *Clock) Await(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.timers) < n {
		c.armed.Wait()
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
