package pipeline

import "sync"

// crew is goroutines for what goes on elsewhere. Those that are done stay for the next
// task, because a new goroutine has to grow its stack anew on the way through a flow.
type crew struct {
	mu    sync.Mutex
	idle  []chan task // who was done last is asked first
	ended bool
}

// task is work for a crew: a lane whose sequence goes on, or events whose outcome is known.
type task interface{ do() }

// crewIdle is how many wait for work at most; beyond that they end.
const crewIdle = 256

// work has a task done, by a goroutine that waits for work or a new one.
func (c *crew) work(t task) {
	c.mu.Lock()
	n := len(c.idle)
	if n == 0 {
		c.mu.Unlock()
		go c.man(t)
		return
	}
	hand := c.idle[n-1]
	c.idle = c.idle[:n-1]
	c.mu.Unlock()
	hand <- t
}

// man is the life of a goroutine, which begins with work.
func (c *crew) man(t task) {
	hand := make(chan task, 1)
	for ok := true; ok; t, ok = <-hand {
		t.do()
		if !c.rest(hand) {
			return
		}
	}
}

// rest reports whether the goroutine is to wait.
func (c *crew) rest(hand chan task) bool {
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
