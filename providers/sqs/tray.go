package sqs

import (
	"context"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/pipeline"
)

// tray is the messages of one answer on their way through a flow. They travel as
// one Watermill message, which is a goroutine for ten of them, and each is settled
// by itself.
type tray struct {
	s *subscription

	mu      sync.Mutex
	entries []*entry // nil once their fate is known
}

// serve gives messages to the flow, or returns false on a stop.
func (s *subscription) serve(fresh []*entry) bool {
	t := &tray{s: s, entries: fresh}
	ctx, cancel := context.WithCancel(s.messages)
	m := pipeline.NewTray(ctx, s.eventsOf(fresh), t.tell)
	s.watching.Add(1)
	select {
	case s.out <- m:
		go t.watch(m, cancel)
		return true
	case <-s.halted:
		cancel()
		s.watching.Done()
		return false
	}
}

// tell settles one message or hands it back.
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
		t.s.handBack([]*entry{e})
	}
}

// watch does what the outcome of the whole says about those that nothing was told
// of. What is open when the source is closed is handed back by [subscription.close].
func (t *tray) watch(m *message.Message, cancel context.CancelFunc) {
	defer t.s.watching.Done()
	defer cancel()
	select {
	case <-m.Acked():
		for _, e := range t.rest() {
			t.s.settle(e)
		}
	case <-m.Nacked():
		t.s.handBack(t.rest())
	case <-t.s.over:
		t.rest()
	}
}

// rest returns the entries whose fate is open, and ends the tray.
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
