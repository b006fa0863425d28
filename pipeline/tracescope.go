package pipeline

import (
	"context"
	"errors"
	"sync/atomic"
)

// scope is the span that an event is in, as a context. That of a stage or sink lies in that
// of the event, a part of one or a linked flow.
type scope struct {
	context.Context
	flow  *flow
	lane  *lane
	event *Event // that entered
	level uint8  // it had then, see [Event]
	span  Span   // nil: nobody is told

	step  *step  // nil: it is that of an event, part or linked flow
	outer *scope // of a step: the one it lies in
	ended atomic.Bool

	dropped atomic.Pointer[step] // by which stage
}

type scopeKey struct{}

func (s *scope) Value(key any) any {
	switch key.(type) {
	case scopeKey:
		return s
	case laneKey:
		return s.lane
	}
	return s.Context.Value(key)
}

// scopeOf returns that of an event that is recorded, or nil.
func scopeOf(ctx context.Context) *scope {
	s, ok := ctx.(*scope)
	if !ok {
		s, _ = ctx.Value(scopeKey{}).(*scope)
	}
	if s == nil || s.span == nil {
		return nil
	}
	return s
}

// begin begins a span, in which next handles the event.
func (f *flow) begin(ctx context.Context, at Leg) *scope {
	inner, span := f.pipeline.tracer.Begin(ctx, at)
	return &scope{Context: inner, flow: f, lane: laneOf(ctx), event: at.Event, level: at.Event.level, span: span}
}

// within has h handle the event in a span of its own.
func (f *flow) within(ctx context.Context, e *Event, at Leg, h Handler) error {
	s := f.begin(ctx, at)
	if s.span == nil {
		return h(s, e)
	}
	return Then(s, e, h, func(err error) error {
		s.end(e, err)
		return err
	})
}

// end ends that of an event, part or flow.
func (s *scope) end(e *Event, err error) {
	switch by := s.dropped.Load(); {
	case err != nil:
		s.tell(e, GoesBack, err)
	case s.lane != nil && s.lane.dead:
		s.tell(e, Dead, nil)
	case by != nil:
		s.span.Tell(Told{What: Ended, Event: e, By: by.name})
	default:
		s.tell(e, Settled, nil)
	}
}

// leave ends that of a step, unless the event has gone on from there.
func (s *scope) leave(e *Event, err error) {
	switch {
	case s.ended.Swap(true):
	case err != nil:
		s.tell(e, GoesBack, err)
	case s.lane != nil && s.lane.dead:
		s.tell(e, Dead, nil)
	case s.step.sink:
		s.tell(e, Settled, nil)
	default:
		s.outer.dropped.Store(s.step)
		s.tell(e, Ended, nil)
	}
}

func (s *scope) tell(e *Event, what What, err error) {
	if errors.Is(err, ErrReturned) {
		err = nil
	}
	s.span.Tell(Told{What: what, Event: e, Err: s.flow.pipeline.tellable(e, err)})
}

// handOn ends that of a stage: what follows has spans of its own.
func (s *scope) handOn() {
	if !s.ended.Swap(true) {
		s.tell(s.event, PassedOn, nil)
	}
}

// leaveTo hands the event on, if it is in a stage, and returns the span that what follows
// lies in, and a context for that.
func (s *scope) leaveTo(ctx context.Context) (context.Context, *scope) {
	if s.step == nil {
		return ctx, s
	}
	s.handOn()
	return s.outer.span.Within(ctx), s.outer
}
