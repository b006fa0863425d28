package pipeline

import (
	"context"
	"testing"
	"testing/synctest"
)

// laneDoing is a lane with one event, on which do is called.
func laneDoing(do func()) *lane {
	f := &flow{limits: newLimits(flowConfig{})}
	s := &sequence{flow: f, events: []*Event{{}}, credits: 1}
	s.handler = func(context.Context, *Event) error { do(); return nil }
	s.open.Store(1)
	return &lane{flow: f, seq: s}
}

// idleOf waits until all that work on the lanes of c are done or wait, and says how many wait.
func idleOf(c *crew) int {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.idle)
}

func TestAGoroutineServesLanesOneAfterAnother(t *testing.T) {
	synctest.Test(t, func(*testing.T) {
		var c crew
		served := 0
		for range 10 {
			c.work(laneDoing(func() { served++ }))
			if n := idleOf(&c); n != 1 {
				t.Fatalf("%d goroutines wait, want one", n)
			}
		}
		if served != 10 {
			t.Errorf("%d lanes of 10 were served", served)
		}
		c.end()
	})
}

func TestNoMoreGoroutinesWaitThanMay(t *testing.T) {
	synctest.Test(t, func(*testing.T) {
		var c crew
		gate := make(chan struct{})
		for range 2 * crewIdle {
			c.work(laneDoing(func() { <-gate }))
		}
		close(gate)
		if n := idleOf(&c); n != crewIdle {
			t.Errorf("%d goroutines wait, want %d", n, crewIdle)
		}
		c.end()
	})
}

func TestWhoIsAtWorkAtTheEndGoesWhenDone(t *testing.T) {
	synctest.Test(t, func(*testing.T) { // fails if a goroutine is left
		var c crew
		gate, done := make(chan struct{}), false
		c.work(laneDoing(func() {}))
		synctest.Wait()
		c.work(laneDoing(func() { <-gate; done = true }))
		c.work(laneDoing(func() {}))
		synctest.Wait()
		c.end()
		close(gate)
		if n := idleOf(&c); n != 0 || !done {
			t.Errorf("%d goroutines wait, done: %t", n, done)
		}
		c.work(laneDoing(func() {}))
	})
}
