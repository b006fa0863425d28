package pipeline

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// Sight is something that happened to an event at a stage or sink.
type Sight struct {
	Flow, Step string
	Sink       bool
	// Event is as it is now: whoever gets it must neither change nor keep it.
	Event *Event
	What  What
	// After is the time since the event entered.
	After time.Duration
	Err   error // with Failed
}

// What is what happened.
type What string

// What can happen to an event at a stage or sink.
const (
	PassedOn What = "passed on" // by a stage; of a split, each part
	Ended    What = "ended"     // the stage dropped it, such as a duplicate
	Settled  What = "settled"   // the sink has stored or delivered it
	Failed   What = "failed"    // this attempt; what comes of it is decided by on_error
	GoesBack What = "goes back" // to its source, unsettled

	Dead What = "dead letter" // it, or a part of it, became one; only with a [Tracer]
)

// visit is an event in a step.
type visit struct {
	begun  time.Time
	passed atomic.Bool
}

type visitKey struct{ *step }

// seen wraps a step for somebody who watches. Without one, nothing is wrapped.
func (s *step) seen(h Handler) Handler {
	tell := s.flow.pipeline.sight
	if tell == nil {
		return h
	}
	return func(ctx context.Context, e *Event) error {
		v := &visit{begun: s.flow.clock.Now()}
		return Then(context.WithValue(ctx, visitKey{s}, v), e, h, func(err error) error {
			if what := s.what(ctx, v, err); what != "" {
				tell(s.sighted(v, e, what, err))
			}
			return err
		})
	}
}

// what is what became of the event in this step, "" when it had gone on from there.
func (s *step) what(ctx context.Context, v *visit, err error) What {
	switch {
	case err != nil && isReturned(err):
		return "" // a step behind has told it
	case errors.Is(err, ErrReturned):
		return GoesBack
	case err != nil:
		return Failed
	case s.sink:
		return Settled
	case v.passed.Load() || laneOf(ctx).reached.Load() != s.id: // a route goes on elsewhere
		return ""
	}
	return Ended
}

// seenOn wraps what follows a stage.
func (s *step) seenOn(next Handler) Handler {
	tell := s.flow.pipeline.sight
	if tell == nil {
		return next
	}
	return func(ctx context.Context, e *Event) error {
		if v, ok := ctx.Value(visitKey{s}).(*visit); ok {
			v.passed.Store(true)
			tell(s.sighted(v, e, PassedOn, nil))
		}
		return next(ctx, e)
	}
}

func (s *step) sighted(v *visit, e *Event, what What, err error) Sight {
	if what != Failed {
		err = nil
	}
	return Sight{
		Flow: s.flow.name, Step: s.name, Sink: s.sink, Event: e, What: what,
		After: s.flow.clock.Now().Sub(v.begun), Err: s.flow.pipeline.tellable(e, err),
	}
}
