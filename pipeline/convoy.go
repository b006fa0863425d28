package pipeline

// Convoy is events whose handlers have returned [ErrLater] and go on together, such as
// those that were answered by one message. They go on one after another; when one of them
// waits, the others do so elsewhere.
type Convoy struct {
	list []*Pending
	next int
}

// Rest is what is left to do of a handler that has returned [ErrLater].
type Rest interface {
	// GoOn does it and returns what the handler would have returned, [ErrLater] included.
	// It is called once, in another goroutine.
	GoOn() error
}

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
	if c.list = ready; len(ready) > 0 {
		ready[0].lane.flow.crew.work(c)
	}
}

// do has the events go on that have not.
func (c *Convoy) do() {
	for c.next < len(c.list) {
		p := c.list[c.next]
		c.list[c.next] = nil
		c.next++
		p.lane.convoy = c
		p.climb(true)
	}
}

// leaveConvoy lets the rest of the lane's convoy go on without it.
func (l *lane) leaveConvoy() {
	c := l.convoy
	if c == nil {
		return
	}
	l.convoy = nil
	rest := c.list[c.next:]
	c.list = c.list[:c.next]
	if len(rest) > 0 {
		l.flow.crew.work(&Convoy{list: rest})
	}
}
