package redisstream

import (
	"sync"
	"time"

	"github.com/leat-io/leat/internal/backoff"
	"github.com/leat-io/leat/pipeline"
)

// returns gives entries to the flow again that it has handed back: each after a while,
// from memory. They stay pending and in flight all the time, so that nothing is lost when
// the process dies meanwhile.
type returns struct {
	s *subscription

	mu      sync.Mutex
	waiting []*entry
	timer   pipeline.Timer
	ended   bool
}

// add takes an entry back. When the flow stops it is left to others.
func (r *returns) add(entries ...*entry) {
	r.s.counts.returned.Add(len(entries))
	if r.wait(entries) {
		return
	}
	r.s.leave(entries)
}

func (r *returns) wait(entries []*entry) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended || r.s.stops() {
		return false
	}
	now, after := r.s.clock.Now(), r.s.config.ReturnAfter
	for _, e := range entries {
		e.due = now.Add(backoff.Doubled(after.Min, after.Max, r.s.table.handedBack(e)))
	}
	r.waiting = append(r.waiting, entries...)
	r.arm(now)
	return true
}

// arm sets the timer for what is due first. It needs the lock.
func (r *returns) arm(now time.Time) {
	if r.timer != nil {
		r.timer.Stop()
		r.timer = nil
	}
	if len(r.waiting) == 0 || r.ended {
		return
	}
	first := r.waiting[0].due
	for _, e := range r.waiting {
		if e.due.Before(first) {
			first = e.due
		}
	}
	r.timer = r.s.clock.AfterFunc(max(0, first.Sub(now), leastReturn), r.ring)
}

// leastReturn lets what comes back together go together.
const leastReturn = 10 * time.Millisecond

func (r *returns) ring() {
	due := r.take()
	if len(due) > 0 {
		defer r.s.senders.Done()
		r.s.deliver(due)
	}
}

// take returns what is due, for which it counts the caller among the senders.
func (r *returns) take() (due []*entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return nil
	}
	now := r.s.clock.Now()
	left := r.waiting[:0]
	for _, e := range r.waiting {
		if e.due.After(now) {
			left = append(left, e)
		} else {
			due = append(due, e)
		}
	}
	clear(r.waiting[len(left):])
	r.waiting = left
	r.arm(now)
	if len(due) > 0 {
		r.s.senders.Add(1)
	}
	return due
}

// end leaves what waits to others.
func (r *returns) end() {
	r.mu.Lock()
	r.ended = true
	waiting := r.waiting
	r.waiting = nil
	if r.timer != nil {
		r.timer.Stop()
	}
	r.mu.Unlock()
	r.s.leave(waiting)
}
