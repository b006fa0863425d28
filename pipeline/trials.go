package pipeline

import (
	"sync"
	"sync/atomic"
	"time"
)

// trials knows which events a step fails on just now. What goes well costs nothing.
type trials struct {
	failed atomic.Int64 // attempts
	buried atomic.Int64 // events that became dead letters

	mu      sync.Mutex
	waiting int       // events that are to be tried again
	since   time.Time // when the first of them failed
	err     error     // what the last attempt said, without secrets
}

// begin notes that an event has to be tried again.
func (t *trials) begin(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waiting++; t.waiting == 1 {
		t.since, t.err = now, nil
	}
}

func (t *trials) note(err error) {
	t.failed.Add(1)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = err
}

func (t *trials) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting--
}

// now is how it stands.
func (t *trials) now() (waiting int, since time.Time, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.waiting, t.since, t.err
}
