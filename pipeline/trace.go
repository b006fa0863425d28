package pipeline

import (
	"context"
	"time"
)

// Tracer makes spans of the way of events, for tools that show where an event has been and
// for how long; see [Options].Tracer. Its methods are called concurrently, by whoever has
// the event, and must not wait.
type Tracer interface {
	// Begin begins a span within that of ctx, if there is one. What happens in it gets the
	// context returned, which must be made from ctx. Without a Span nobody is told of
	// what happens in it; the context may still say which trace that belongs to.
	Begin(ctx context.Context, at Leg) (context.Context, Span)
	// Carry calls set with what has to travel with an event for its trace to go on
	// elsewhere, such as traceparent, what matters most first. It may have nothing to say.
	Carry(ctx context.Context, set func(name, value string))
}

// Span is a stretch of an event's way, from [Tracer].Begin until it is told how it ended.
type Span interface {
	// Within returns a context made from ctx in which new spans begin within this one,
	// whichever they began in before.
	Within(ctx context.Context) context.Context
	// Tell is told what happened. [Failed] is an attempt, after which the span goes on;
	// everything else is its end.
	Tell(t Told)
}

// Leg is what a span is of.
type Leg struct {
	Kind LegKind
	Flow string
	// Name is that of the source, stage or sink, and Type what it is.
	Name, Type string
	// Event is as it is now: whoever gets it must neither change nor keep it.
	Event *Event
	// Taken is when the event was taken from its source; zero: the span begins now.
	Taken time.Time
	// Letter is the dead letter that the event comes from, nil if it comes from a source.
	Letter *DeadLetter

	envelope envelope
	inside   MetaSource // of the envelope, once it was asked
	opened   bool
}

// LegKind says what a span is of.
type LegKind string

// Kinds of spans.
const (
	LegEvent LegKind = "event" // from the take until it is settled or goes back
	LegPart  LegKind = "part"  // of a split, within the event that it is a part of
	LegFlow  LegKind = "flow"  // another flow that the event was sent to
	LegStage LegKind = "stage" // until it hands the event on, or has ended with it
	LegSink  LegKind = "sink"  // with all attempts
)

// Told is what happened in a span.
type Told struct {
	What What
	// Event is as it is now, as in [Leg].
	Event *Event
	// Err is what failed, without the values of secret fields; nil also where an event
	// goes back only because its flow stops.
	Err error
	// By is the stage that dropped the event, with Ended.
	By string
}

// envelope is what the settings of a first stage may have: it takes messages out of
// envelopes, and knows their metadata before it has opened them. Nil: it is none.
type envelope interface{ Peek(e *Event) MetaSource }

// Lookup returns metadata of the event, of an envelope too that is not opened yet.
func (p *Leg) Lookup(name string) (string, bool) {
	if v, ok := p.Event.LookupMeta(name); ok || p.envelope == nil {
		return v, ok
	}
	if !p.opened {
		p.inside, p.opened = p.envelope.Peek(p.Event), true
	}
	if p.inside == nil {
		return "", false
	}
	return p.inside.Lookup(name)
}
