package tracing

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/leat-io/leat/pipeline"
)

// span is a stretch of an event's way. It is told what happens by one goroutine at a time.
type span struct {
	span          trace.Span
	id, key, kind string // of the event when it began

	failed int // attempts
	last   string
}

func newSpan(s trace.Span, e *pipeline.Event) *span {
	return &span{span: s, id: e.ID, key: e.Key, kind: e.Type}
}

// Within implements [pipeline.Span].
func (s *span) Within(ctx context.Context) context.Context {
	return trace.ContextWithSpan(ctx, s.span)
}

// Tell implements [pipeline.Span].
func (s *span) Tell(t pipeline.Told) {
	if t.What == pipeline.Failed {
		s.attemptFailed(t.Err)
		return
	}
	if e := t.Event; e.ID != s.id || e.Key != s.key || e.Type != s.kind {
		s.span.SetAttributes(identity(e)...)
	}
	s.span.SetAttributes(attrOutcome.String(outcomeOf(t.What)))
	if t.By != "" {
		s.span.SetAttributes(attrDroppedBy.String(t.By))
	}
	s.countAttempts(t.What)
	s.judge(t)
	s.span.End()
}

func (s *span) attemptFailed(err error) {
	s.failed++
	s.last = text(err.Error(), longestError)
	s.span.AddEvent("attempt failed", trace.WithAttributes(attrError.String(s.last), attribute.Int("leat.attempt", s.failed)))
}

// countAttempts says how many there were, where it was more than one.
func (s *span) countAttempts(end pipeline.What) {
	n := s.failed
	if end != pipeline.Dead && end != pipeline.GoesBack {
		n++
	}
	if s.failed > 0 {
		s.span.SetAttributes(attrAttempts.Int(n))
	}
}

// judge makes an error of what somebody has to look at. An event that goes back because
// its flow stops is none.
func (s *span) judge(t pipeline.Told) {
	switch {
	case t.Err != nil:
		s.span.SetStatus(codes.Error, text(t.Err.Error(), longestError))
	case t.What == pipeline.Dead && s.last != "":
		s.span.SetStatus(codes.Error, s.last)
	case t.What == pipeline.Dead:
		s.span.SetStatus(codes.Error, "dead letter")
	}
}

// outcomeOf is how an end is called in an attribute.
func outcomeOf(w pipeline.What) string {
	switch w {
	case pipeline.PassedOn:
		return "passed_on"
	case pipeline.Ended:
		return "dropped"
	case pipeline.Dead:
		return "dead_letter"
	case pipeline.GoesBack:
		return "returned"
	}
	return "settled"
}
