package sqs

import "github.com/leat-io/leat/pipeline/tray"

// serve gives the messages of an answer to the flow, or returns false on a stop. They
// travel as one Watermill message, which is a goroutine for ten of them. What is open
// when the source is closed is handed back by [subscription.close].
func (s *subscription) serve(fresh []*entry) bool {
	w := tray.Waiter[entry]{
		Out: s.out, Halted: s.halted, Over: s.over, Watching: &s.watching,
		Settle: s.settle, Return: s.handBack,
	}
	return w.Serve(s.messages, s.eventsOf(fresh), fresh)
}
