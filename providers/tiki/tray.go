package tiki

import (
	"context"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/tray"
)

// serve gives events to the flow, or returns false when ctx ends first. They travel as one
// Watermill message. What is open when the source is closed comes again with the next pull
// of another run.
func (s *subscription) serve(ctx context.Context, entries []*entry) bool {
	w := tray.Waiter[entry]{
		Out: s.out, Halted: ctx.Done(), Over: s.over, Watching: &s.watching,
		Settle: s.settle, Return: s.handBack,
	}
	events := make([]*pipeline.Event, len(entries))
	for i, e := range entries {
		events[i] = s.eventOf(&e.element)
	}
	return w.Serve(s.messages, events, entries)
}
