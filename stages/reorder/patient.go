package reorder

import (
	"context"
	"slices"

	"github.com/leat-io/leat/pipeline"
)

// isPatient reports whether an event can be held without a goroutine: when it goes back
// only with all others.
func (s *stage) isPatient(ctx context.Context) bool {
	return pipeline.Lasts(ctx) && pipeline.Stopping(ctx) == s.stopping
}

// begin makes room for other events, unless it is the event's turn already.
func (w *waiter) begin() {
	if !w.signalled.Load() {
		w.hold.BeginLater()
	}
}

// GoOn implements [pipeline.Rest].
func (w *waiter) GoOn() error {
	if w.refused != nil {
		return w.refused
	}
	return w.stage.goOn(w.ctx, w, w.next)
}

// returnPatient gives back what is held without a goroutine when the flow stops.
func (s *stage) returnPatient(stopping <-chan struct{}) {
	select {
	case <-stopping:
	case <-s.left:
		return
	}
	s.lock()
	defer s.unlock()
	s.returning = true
	for _, w := range s.staged {
		for ; w != nil; w = w.sibling {
			s.giveBack(w)
		}
	}
	for _, w := range slices.Clone(s.line) { // some are only there
		s.giveBack(w)
	}
	for _, q := range s.keys.queues {
		for _, w := range slices.Concat(q.ready, q.held) {
			s.giveBack(w)
		}
	}
}

// giveBack is withdraw for what has no goroutine.
func (s *stage) giveBack(w *waiter) {
	if w != nil && w.patient && s.take(w) {
		w.refused = pipeline.ErrReturned
		s.signal(w)
	}
}
