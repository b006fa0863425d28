package sim

import (
	"cmp"
	"container/heap"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// Clock stands still until it is told to go on. Its timers go off one by one, in the
// order of their times and, at the same time, in the order in which they were set.
type Clock struct {
	mu     sync.Mutex
	now    time.Time
	set    uint64 // timers so far
	timers timers
	held   int // how much takes real time now
}

// NewClock returns a clock that shows a time.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// Now implements [pipeline.Clock].
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// AfterFunc implements [pipeline.Clock].
func (c *Clock) AfterFunc(d time.Duration, f func()) pipeline.Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set++
	t := &timer{clock: c, at: c.now.Add(max(0, d)), order: c.set, f: f}
	heap.Push(&c.timers, t)
	return t
}

// Stand keeps the clock where it is until goOn is called; see [pipeline.InRealTime].
func (c *Clock) Stand() (goOn func()) {
	c.hold(1)
	return sync.OnceFunc(func() { c.hold(-1) })
}

func (c *Clock) hold(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held += n
}

// stands reports whether something takes real time.
func (c *Clock) stands() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held > 0
}

// next is when the next timer goes off, if there is one.
func (c *Clock) next() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.timers) == 0 {
		return time.Time{}, false
	}
	return c.timers[0].at, true
}

// fire goes on to the next timer and lets it go off.
func (c *Clock) fire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := heap.Pop(&c.timers).(*timer)
	if t.at.After(c.now) {
		c.now = t.at
	}
	go t.f()
}

// goTo goes on to a time at which no timer goes off.
func (c *Clock) goTo(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.now) {
		c.now = t
	}
}

type timer struct {
	clock *Clock
	at    time.Time
	order uint64
	f     func()
	place int // in the heap, -1 once it is out
}

// Stop implements [pipeline.Timer].
func (t *timer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	if t.place < 0 {
		return false
	}
	heap.Remove(&t.clock.timers, t.place)
	return true
}

// timers is a heap, the next one to go off first.
type timers []*timer

func (h timers) Len() int { return len(h) }
func (h timers) Less(i, j int) bool {
	return cmp.Or(h[i].at.Compare(h[j].at), cmp.Compare(h[i].order, h[j].order)) < 0
}
func (h timers) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}
func (h *timers) Push(x any) {
	t := x.(*timer)
	t.place = len(*h)
	*h = append(*h, t)
}
func (h *timers) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	t.place = -1
	return t
}
