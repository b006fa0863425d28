package pipeline

import "sync"

// crew is goroutines for the lanes that go on elsewhere. Those that are done stay for the
// next lane, because a new goroutine has to grow its stack anew on the way through a flow.
type crew struct {
	mu    sync.Mutex
	idle  []chan *lane // who was done last is asked first
	ended bool
}

// crewIdle is how many wait for work at most; beyond that they end.
const crewIdle = 256

// work has the lane's sequence go on, on a goroutine that waits for work or a new one.
func (c *crew) work(l *lane) {
	c.mu.Lock()
	n := len(c.idle)
	if n == 0 {
		c.mu.Unlock()
		go c.man(l)
		return
	}
	hand := c.idle[n-1]
	c.idle = c.idle[:n-1]
	c.mu.Unlock()
	hand <- l
}

// man is the life of a goroutine, which begins with work.
func (c *crew) man(l *lane) {
	hand := make(chan *lane, 1)
	for ok := true; ok; l, ok = <-hand {
		l.seq.continueOn(l)
		if !c.rest(hand) {
			return
		}
	}
}

// rest reports whether the goroutine is to wait.
func (c *crew) rest(hand chan *lane) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended || len(c.idle) >= crewIdle {
		return false
	}
	c.idle = append(c.idle, hand)
	return true
}

// end sends away who waits, and whoever is done from now on.
func (c *crew) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	for _, hand := range c.idle {
		close(hand)
	}
	c.idle = nil
}
