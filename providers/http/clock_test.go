package http

import (
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// handClock is a clock that a test moves by hand.
type handClock struct {
	mu     sync.Mutex
	armed  *sync.Cond
	now    time.Time
	timers map[*handTimer]struct{}
}

type handTimer struct {
	clock *handClock
	at    time.Time
	f     func()
}

func newHandClock() *handClock {
	c := &handClock{now: time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC), timers: map[*handTimer]struct{}{}}
	c.armed = sync.NewCond(&c.mu)
	return c
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) AfterFunc(d time.Duration, f func()) pipeline.Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &handTimer{c, c.now.Add(d), f}
	c.timers[t] = struct{}{}
	c.armed.Broadcast()
	return t
}

func (t *handTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	_, pending := t.clock.timers[t]
	delete(t.clock.timers, t)
	return pending
}

// await blocks until n timers are pending.
func (c *handClock) await(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.timers) < n {
		c.armed.Wait()
	}
}

func (c *handClock) advance(d time.Duration) {
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
