package pipeline

import "context"

// What is in this file wraps handlers while a pipeline is built. Without a tracer they stay
// as they are.

// traced wraps a step, with all of its attempts. Where another stage gave the event, the
// time of that one ends here at the latest. The sink of a dead letter lies in the step
// that the event failed in.
func (s *step) traced(h Handler) Handler {
	if s.flow.pipeline.tracer == nil {
		return h
	}
	at := Leg{Kind: LegStage, Flow: s.flow.name, Name: s.name, Type: s.kind}
	if s.sink {
		at.Kind = LegSink
	}
	return func(ctx context.Context, e *Event) error {
		outer := scopeOf(ctx)
		if outer == nil {
			return h(ctx, e)
		}
		at := at
		at.Event = e
		in := s.enter(ctx, outer, at)
		if in.span == nil {
			return h(in, e)
		}
		return Then(in, e, h, func(err error) error {
			in.leave(e, err)
			return err
		})
	}
}

// enter begins the span of a step.
func (s *step) enter(ctx context.Context, outer *scope, at Leg) *scope {
	if !s.policy.last {
		ctx, outer = outer.leaveTo(ctx)
	}
	in := s.flow.begin(ctx, at)
	in.step, in.outer = s, outer
	return in
}

// scope returns that of an event in this step, nil: it is not recorded.
func (s *step) scope(ctx context.Context) *scope {
	if in := scopeOf(ctx); in != nil && in.step == s {
		return in
	}
	return nil
}

// tracedAttempt wraps one attempt of a step.
func (s *step) tracedAttempt(h Handler) Handler {
	if s.flow.pipeline.tracer == nil {
		return h
	}
	return func(ctx context.Context, e *Event) error {
		in := s.scope(ctx)
		if in == nil {
			return h(ctx, e)
		}
		return Then(ctx, e, h, func(err error) error {
			if ownError(err) != nil && !in.ended.Load() {
				in.tell(e, Failed, err)
			}
			return err
		})
	}
}

// tracedOn wraps what follows a stage. Of several events that it makes of one, each is a
// part.
func (s *step) tracedOn(next Handler) Handler {
	if s.flow.pipeline.tracer == nil {
		return next
	}
	return func(ctx context.Context, e *Event) error {
		in := s.scope(ctx)
		if in == nil {
			return next(ctx, e)
		}
		in.handOn()
		if l := laneOf(ctx); e.level == in.level && (l == in.lane || l == nil || l.seq.targets != nil) {
			return next(ctx, e)
		}
		return s.flow.within(in.outer.span.Within(ctx), e, Leg{Kind: LegPart, Flow: s.flow.name, Name: s.name, Event: e}, next)
	}
}

// tracedLink wraps what handles the events that are sent to a flow by another.
func (f *flow) tracedLink(h Handler) Handler {
	if f.pipeline.tracer == nil {
		return h
	}
	return func(ctx context.Context, e *Event) error {
		outer := scopeOf(ctx)
		if outer == nil {
			return h(ctx, e)
		}
		ctx, _ = outer.leaveTo(ctx)
		return f.within(ctx, e, Leg{Kind: LegFlow, Flow: f.name, Event: e}, h)
	}
}

// traceSources wraps what the events of sources go through.
func (f *flow) traceSources() {
	for _, s := range f.sources {
		s.handle = f.tracedEvent(Leg{Kind: LegEvent, Flow: f.name, Name: s.name, Type: s.given.name, envelope: f.envelope(s)}, s.handle)
	}
}

// tracedEvent wraps what handles an event from its take to its end.
func (f *flow) tracedEvent(at Leg, h Handler) Handler {
	if f.pipeline.tracer == nil {
		return h
	}
	return func(ctx context.Context, e *Event) error {
		at := at
		at.Event = e
		if t, ok := ctx.Value(ticketKey{}).(*ticket); ok {
			at.Taken = t.at
		}
		if l, ok := ctx.Value(letterKey{}).(*Letter); ok {
			at.Letter = &l.DeadLetter
		}
		return f.within(ctx, e, at, h)
	}
}

// envelope is what the first stage behind a source knows of its payloads, or nil.
func (f *flow) envelope(s *namedSource) envelope {
	for _, stages := range [...][]*builtStage{s.stages, f.stages} {
		if len(stages) > 0 {
			e, _ := stages[0].config.(envelope)
			return e
		}
	}
	return nil
}

// traceparent is the name under which W3C has the id of a trace travel.
const traceparent = "traceparent"

// noteTrace says in a letter in which span the event failed.
func (s *step) noteTrace(ctx context.Context, d *DeadLetter) {
	if t := s.flow.pipeline.tracer; t != nil {
		t.Carry(ctx, func(name, value string) {
			if name == traceparent {
				d.Trace = value
			}
		})
	}
}
