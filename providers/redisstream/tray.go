package redisstream

import (
	"github.com/leat-io/leat/pipeline/tray"
)

// trays gives entries to the flow. What is open when the source is closed is left to
// others by [subscription.close].
func (s *subscription) trays() *tray.Waiter[entry] {
	return &tray.Waiter[entry]{
		Out: s.out, Halted: s.halted, Over: s.over, Watching: &s.watching,
		Settle: s.settle, Return: s.returns.add,
	}
}

// serve gives entries to the flow, or returns false on a stop.
func (s *subscription) serve(entries []*entry) bool {
	return s.trays().Serve(s.messages, s.eventsOf(entries), entries)
}

// give is [subscription.serve] for one entry and users of Watermill without leat.
func (s *subscription) give(e *entry) bool {
	m, cancel := s.messageOf(e)
	return s.trays().ServeOne(m, cancel, e)
}
