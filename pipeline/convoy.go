package pipeline

import (
	"slices"
	"time"
)

// Convoy is events whose handlers have returned [ErrLater] and go on together, such as
// those that were answered by one message. They go on one after another; when one of them
// waits, the others do so elsewhere.
type Convoy struct {
	list  []*Pending
	next  int
	begun time.Time // when the one before next went on
}

// Rest is what is left to do of a handler that has returned [ErrLater].
type Rest interface {
	// GoOn does it and returns what the handler would have returned, [ErrLater] included.
	// It is called once, in another goroutine, or in that of the handler after it has returned.
	GoOn() error
}

// convoySize is how many events go on one after another; more would leave others of the
// machine's processors idle.
const convoySize = 64

// Add adds an event.
func (c *Convoy) Add(p *Pending, rest Rest) {
	p.tellOnce()
	p.rest = rest
	c.list = append(c.list, p)
}

// Go has the events go on. The convoy cannot be used again.
func (c *Convoy) Go() {
	ready := c.list[:0]
	for _, p := range c.list {
		if p.met.Swap(true) {
			ready = append(ready, p)
		} // of another one the handler has not returned yet: it goes on when it does
	}
	for len(ready) > 0 {
		f, n := ready[0].lane.flow, min(len(ready), convoySize)
		if other := slices.IndexFunc(ready[:n], func(p *Pending) bool { return p.lane.flow != f }); other > 0 {
			n = other
		}
		f.crew.work(&Convoy{list: ready[:n:n]}) // what one flow does is not to hold up another
		ready = ready[n:]
	}
	c.list = nil
}

// do has the events go on that have not. Where one takes long, such as in a stage that
// computes much, the others do not wait for each other any more.
func (c *Convoy) do() {
	for c.next < len(c.list) {
		p := c.list[c.next]
		c.list[c.next] = nil
		c.next++
		c.begun = time.Now()
		p.lane.convoy = c
		if p.climb(true); c.isSlow() {
			c.leave()
		}
	}
}

// longForOne is how long an event may take for those behind it to wait.
const longForOne = time.Millisecond

func (c *Convoy) isSlow() bool { return time.Since(c.begun) >= longForOne }

// leave has the events go on elsewhere that have not.
func (c *Convoy) leave() {
	rest, n := c.list[c.next:], len(c.list)-c.next
	c.list = c.list[:c.next]
	if c.isSlow() {
		n = 1
	}
	for ; len(rest) > 0; rest = rest[n:] {
		rest[0].lane.flow.crew.work(&Convoy{list: rest[:n:n]})
	}
}

// leaveConvoy lets the rest of the lane's convoy go on without it.
func (l *lane) leaveConvoy() {
	if c := l.convoy; c != nil {
		l.convoy = nil
		c.leave()
	}
}
