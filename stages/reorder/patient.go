package reorder

import (
	"context"
	"slices"

	"github.com/leat-io/leat/pipeline"
)

// patient is what is left to do for a held event that has no goroutine of its own.
type patient struct {
	stage   *stage
	waiter  *waiter
	ctx     context.Context
	next    pipeline.Handler
	pending *pipeline.Pending
}

// isPatient reports whether an event can be held without a goroutine: when it goes back
// only with all others.
func (s *stage) isPatient(ctx context.Context) bool {
	return pipeline.Lasts(ctx) && pipeline.Stopping(ctx) == s.stopping
}

// hold holds an event until it is its turn. It returns false when that has come already,
// or the flow stops.
func (s *stage) hold(ctx context.Context, w *waiter, next pipeline.Handler) bool {
	if len(w.turn) > 0 {
		return false
	}
	w.hold.BeginLater()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(w.turn) > 0 || s.returning {
		return false
	}
	w.patient = &patient{s, w, ctx, next, pipeline.Later(ctx)}
	return true
}

// GoOn implements [pipeline.Rest].
func (p *patient) GoOn() error {
	if p.waiter.refused != nil {
		return p.waiter.refused
	}
	return p.stage.goOn(p.ctx, p.waiter, p.next)
}

// returnPatient gives back what is held without a goroutine when the flow stops.
func (s *stage) returnPatient(stopping <-chan struct{}) {
	select {
	case <-stopping:
	case <-s.left:
		return
	}
	s.mu.Lock()
	defer s.unlock()
	s.returning = true
	for _, staged := range s.staged {
		s.giveBack(staged)
	}
	s.giveBack(s.line) // some are only there
	for _, q := range s.keys {
		s.giveBack(slices.Concat(q.ready, q.held))
	}
}

// giveBack is withdraw for what has no goroutine.
func (s *stage) giveBack(ws []*waiter) {
	for _, w := range ws {
		if w != nil && w.patient != nil && s.take(w) {
			w.refused = pipeline.ErrReturned
			s.signal(w)
		}
	}
}
