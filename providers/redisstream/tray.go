package redisstream

import (
	"context"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/pipeline"
)

// tray is entries on their way through a flow. They travel as one Watermill message, and
// each is settled by itself.
type tray struct {
	s *subscription

	mu      sync.Mutex
	entries []*entry // nil once their fate is known
}

// serve gives entries to the flow, or returns false on a stop.
func (s *subscription) serve(entries []*entry) bool {
	t := &tray{s: s, entries: entries}
	ctx, cancel := context.WithCancel(s.messages)
	m := pipeline.NewTray(ctx, s.eventsOf(entries), t.tell)
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

// tell settles one entry or takes it back.
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
		t.s.returns.add(e)
	}
}

// watch does what the outcome of the whole says about those that nothing was told of.
// What is open when the source is closed is left to others by [subscription.close].
func (t *tray) watch(m *message.Message, cancel context.CancelFunc) {
	defer t.s.watching.Done()
	defer cancel()
	select {
	case <-m.Acked():
		t.s.settle(t.rest()...)
	case <-m.Nacked():
		t.s.returns.add(t.rest()...)
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

// give is [subscription.serve] for one entry and users of Watermill without leat.
func (s *subscription) give(e *entry) bool {
	m, cancel := s.messageOf(e)
	t := &tray{s: s, entries: []*entry{e}}
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
