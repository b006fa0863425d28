package pipeline

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
)

// step is a place of a flow where an event can fail: one of its stages, or one
// of its sinks. It calls the stage or sink again, or sends the event to the dead
// letters, so that an error of the stage or sink itself ends here; what goes on
// up the chain is always a [returned].
type step struct {
	id      int32
	name    string // the stage's address or the sink's name
	kind    string // what type of stage or sink it is
	sink    bool
	flow    *flow
	policy  *policy
	call    Handler  // the stage or sink, without panics
	breaker *breaker // sinks only
	trials  trials
	settled atomic.Int64 // events, by a sink
	entry   bool         // only letters come this way
	meter   *stepMeter   // nil: nobody measures
	counts  stepCounts
	// unclaimed remembers the dead letters of a stage before dedupe, else nil.
	unclaimed *unclaimed
}

// returned is an error that was decided upon further down: the event goes back
// to its source, and no stage on the way tries again.
type returned struct {
	err   error
	final bool // to offer it to the flow again would change nothing
}

func (r *returned) Error() string { return r.err.Error() }
func (r *returned) Unwrap() error { return r.err }

// guard wraps the handler that begins with this step.
func (s *step) guard(h Handler) Handler {
	call := s.tracedAttempt(withoutPanic(h))
	s.call = call
	s.meter, s.counts = s.newMeter(), s.newCounts()
	return func(ctx context.Context, e *Event) error {
		l := laneOf(ctx)
		if l == nil {
			return errForeignContext
		}
		l.reached.Store(s.id)
		if s.meter != nil {
			s.meter.enter(l)
		}
		if s.breaker != nil && s.breaker.tripped() {
			err := s.retry(ctx, l, e, call, nil)
			if s.meter != nil {
				s.meter.leave(l, e, err)
			}
			return err
		}
		err := call(ctx, e)
		if err == ErrLater {
			s.judgeLater(l.pending, ctx, e)
			return ErrLater
		}
		return s.outcome(ctx, l, e, call, err)
	}
}

// judgeLater has the step judge an error that comes later. What comes from another step
// has been judged there.
func (s *step) judgeLater(p *Pending, ctx context.Context, e *Event) {
	if n := len(p.then); n == 0 || p.then[n-1].guard == nil {
		p.push(s.judgement(ctx, p.lane, e))
	}
}

func (s *step) outcome(ctx context.Context, l *lane, e *Event, call Handler, err error) error {
	if err != nil {
		err = s.failed(ctx, l, e, call, err)
	} else {
		s.succeeded()
	}
	if s.meter != nil {
		s.meter.leave(l, e, err)
	}
	return err
}

func (s *step) succeeded() {
	if s.breaker != nil {
		s.breaker.succeeded()
	}
	if s.sink {
		s.settled.Add(1)
	}
}

// errForeignContext is returned to a stage that did not pass its context on.
var errForeignContext = errors.New("next was called with a context that does not come from the stage's own; a stage or middleware must pass on the one it was given")

// withoutPanic makes a panic an error that no repetition will mend.
func withoutPanic(h Handler) Handler {
	return func(ctx context.Context, e *Event) (err error) {
		defer func() {
			if r := recover(); r != nil {
				err = Reject(&panicked{fmt.Sprintf("panic: %v\n%s", r, debug.Stack())})
			}
		}()
		return h(ctx, e)
	}
}

// panicked is the error that a panic is made into.
type panicked struct{ text string }

func (p *panicked) Error() string { return p.text }

// failed decides what becomes of an event whose first attempt failed here.
func (s *step) failed(ctx context.Context, l *lane, e *Event, call Handler, err error) error {
	switch {
	case isReturned(err):
		return err
	case errors.Is(err, ErrReturned):
		return &returned{err: err}
	case l.reached.Load() != s.id:
		// The stage failed after next had settled the event: to call it again
		// would deliver the event twice in a row.
		return s.giveBack(e, err)
	case Rejected(err):
		if s.breaker != nil {
			s.breaker.succeeded() // it works: it has looked at the event
		}
		return s.bury(ctx, l, e, &failure{err: err, attempts: 1, first: s.flow.clock.Now()})
	}
	return s.retry(ctx, l, e, call, err)
}

func isReturned(err error) bool {
	var r *returned
	return errors.As(err, &r)
}

// giveBack returns the event to its source.
func (s *step) giveBack(e *Event, err error) error {
	s.flow.pipeline.stats.returned.Add(1)
	s.counts.returned.Inc()
	err = s.flow.pipeline.tellable(e, err)
	s.flow.pipeline.log.Error("event goes back to its source", "flow", s.flow.name, "stage", s.name, "id", e.ID, "error", err)
	return &returned{fmt.Errorf("%s: %w", s.name, err), true}
}

// bury sends the event to the dead letters, or back to its source when the flow
// has none or they cannot be written.
func (s *step) bury(ctx context.Context, l *lane, e *Event, f *failure) (err error) {
	if s.policy.last {
		return &returned{err: f.err} // who has it buried gives the event back
	}
	f.err = s.flow.pipeline.tellable(e, f.err)
	if s.policy.dead == nil {
		return s.giveBack(e, Reject(fmt.Errorf("%w (the flow has no dead_letter to put it in)", f.err)))
	}
	if s.unclaimed != nil {
		if !s.unclaimed.enter(ctx, e) {
			return nil
		}
		defer func() { s.unclaimed.leave(ctx, e, err == nil) }()
	}
	if s.meter != nil {
		s.meter.left(l) // before it enters the sink of the letters
	}
	letter, err := s.deadLetter(ctx, e, f)
	if err != nil {
		return s.giveBack(e, err)
	}
	switch err := s.policy.dead(ctx, letter); {
	case errors.Is(err, ErrReturned):
		return err
	case err != nil:
		return s.giveBack(e, fmt.Errorf("%w; its dead letter cannot be written: %w", f.err, err))
	}
	l.dead = true
	s.trials.buried.Add(1)
	l.reached.Store(s.id)
	s.policy.count.Inc()
	s.counts.buried(f)
	s.flow.pipeline.log.Warn("dead letter", "flow", s.flow.name, "stage", s.name, "id", e.ID, "attempts", f.attempts, "error", f.err)
	return nil
}
