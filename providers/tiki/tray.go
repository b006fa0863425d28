package tiki

import (
	"context"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/pipeline"
)

// tray is events on their way through a flow. They travel as one Watermill message, and
// each is settled by itself.
type tray struct {
	s *subscription

	mu      sync.Mutex
	entries []*entry // nil once their fate is known
}

// serve gives events to the flow, or returns false when ctx ends first.
func (s *subscription) serve(ctx context.Context, entries []*entry) bool {
	t := &tray{s: s, entries: entries}
	within, cancel := context.WithCancel(s.messages)
	events := make([]*pipeline.Event, len(entries))
	for i, e := range entries {
		events[i] = s.eventOf(&e.element)
	}
	m := pipeline.NewTray(within, events, t.tell)
	s.watching.Add(1)
	select {
	case s.out <- m:
		go t.watch(m, cancel)
		return true
	case <-ctx.Done():
		cancel()
		s.watching.Done()
		return false
	}
}

// tell settles one event or takes it back.
func (t *tray) tell(i int, err error) {
	t.mu.Lock()
	e := t.entries[i]
	t.entries[i] = nil
	t.mu.Unlock()
	switch {
	case e == nil:
	case err == nil:
		t.s.settle(e)
	default:
		t.s.handBack(e)
	}
}

// watch does what the outcome of the whole says about those that nothing was told of.
// What is open when the source is closed comes again with the next pull of another run.
func (t *tray) watch(m *message.Message, cancel context.CancelFunc) {
	defer t.s.watching.Done()
	defer cancel()
	select {
	case <-m.Acked():
		t.s.settle(t.rest()...)
	case <-m.Nacked():
		t.s.handBack(t.rest()...)
	case <-t.s.over:
		t.rest()
	}
}

// rest returns the events whose fate is open, and ends the tray.
func (t *tray) rest() (left []*entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, e := range t.entries {
		if e != nil {
			left = append(left, e)
			t.entries[i] = nil
		}
	}
	return left
}
