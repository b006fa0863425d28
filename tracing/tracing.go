// Package tracing makes spans of OpenTelemetry of the way of events, and sends them to
// a collector.
//
// A program that has a TracerProvider gives it to the pipelines that it loads:
//
//	o := pipeline.Options{Catalog: catalog, Tracer: tracing.With(provider)}
//
// One that has none sends spans to where the file says, see [Exporting]. Each event has a
// span from the take until it is settled or goes back, and in that one for each stage, which
// ends where the stage hands the event on, and for each sink. The decision record
// docs/decisions/0027-traces.md says why.
package tracing

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/leat-io/leat/pipeline"
)

// scope is the name of what makes the spans, as OpenTelemetry calls it.
const scope = "github.com/leat-io/leat"

// Tracer makes the spans of pipelines.
type Tracer struct {
	tracer   trace.Tracer
	incoming string // one of the values of the setting
}

// New returns a tracer that makes its spans with a provider. incoming says what is done
// about the trace that an event comes with, as in [pipeline.TracingConfig]; "": it goes on.
func New(provider trace.TracerProvider, incoming string) *Tracer {
	return &Tracer{provider.Tracer(scope), incoming}
}

// With returns what [pipeline.Options] wants: all spans go to provider, whether the file
// has tracing or not. Of the settings only incoming counts; whoever made the provider
// samples, flushes and closes.
func With(provider trace.TracerProvider) func(*pipeline.TracingConfig) pipeline.Tracer {
	return func(c *pipeline.TracingConfig) pipeline.Tracer {
		incoming := ""
		if c != nil {
			incoming = c.Incoming
		}
		return New(provider, incoming)
	}
}

// Begin implements [pipeline.Tracer].
func (t *Tracer) Begin(ctx context.Context, at pipeline.Leg) (context.Context, pipeline.Span) {
	options := []trace.SpanStartOption{trace.WithSpanKind(kindOf(at.Kind))}
	if at.Kind == pipeline.LegEvent {
		ctx, options = t.arrive(ctx, &at, options)
	}
	ctx, s := t.tracer.Start(ctx, nameOf(&at), options...)
	if !s.IsRecording() {
		return ctx, nil
	}
	s.SetAttributes(attributesOf(&at)...) // what is not recorded does not cost them
	return ctx, newSpan(s, at.Event)
}

// Carry implements [pipeline.Tracer].
func (t *Tracer) Carry(ctx context.Context, set func(name, value string)) {
	c := propagation.MapCarrier{}
	w3c.Inject(ctx, c)
	for _, name := range [...]string{traceparent, tracestate} {
		if v := c[name]; v != "" {
			set(name, v)
		}
	}
}

func kindOf(k pipeline.LegKind) trace.SpanKind {
	switch k {
	case pipeline.LegEvent:
		return trace.SpanKindConsumer
	case pipeline.LegSink:
		return trace.SpanKindProducer
	}
	return trace.SpanKindInternal
}

func nameOf(at *pipeline.Leg) string {
	switch at.Kind {
	case pipeline.LegEvent, pipeline.LegFlow:
		return "process " + at.Flow
	case pipeline.LegPart:
		return "part"
	case pipeline.LegSink:
		return "send " + at.Name
	}
	return at.Name
}
