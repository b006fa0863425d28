package tracing

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/leat-io/leat/pipeline"
)

// w3c reads and writes what the W3C calls Trace Context. Baggage is not carried: what
// strangers put there would go on to everybody behind.
var w3c propagation.TraceContext

const traceparent, tracestate = "traceparent", "tracestate"

// origins are what stands before the names in metadata: nothing with Watermill's messages,
// and what sources put there. The first that has one counts.
var origins = [...]string{"", "sns.", "sqs.", "http.header.", "redisstream."}

// How long what came with an event may be to be looked at, in bytes.
const (
	longestParent = 256
	longestState  = 512
)

// arrive decides to which trace an event belongs. Its own context may say so, where
// somebody else has made a span of the message. The event of a dead letter begins a trace,
// because the first one may be days old; it is linked to the span that it failed in.
func (t *Tracer) arrive(ctx context.Context, at *pipeline.Leg, options []trace.SpanStartOption) (context.Context, []trace.SpanStartOption) {
	if !at.Taken.IsZero() {
		options = append(options, trace.WithTimestamp(at.Taken))
	}
	if trace.SpanContextFromContext(ctx).IsValid() || t.incoming == pipeline.TraceIgnore {
		return ctx, options
	}
	var links []trace.Link
	from := incoming(at)
	switch {
	case !from.IsValid():
	case at.Letter == nil && t.incoming != pipeline.TraceLink:
		ctx = trace.ContextWithRemoteSpanContext(ctx, from)
	default:
		links = append(links, trace.Link{SpanContext: from})
	}
	if header, ok := at.Lookup("sqs.AWSTraceHeader"); ok {
		if ray := xray(header); ray.IsValid() {
			links = append(links, trace.Link{SpanContext: ray})
		}
	}
	if len(links) > 0 {
		options = append(options, trace.WithLinks(links...))
	}
	return ctx, options
}

// incoming is the span that an event came from, or failed in. It is not valid where none is
// named.
func incoming(at *pipeline.Leg) trace.SpanContext {
	if at.Letter != nil && at.Letter.Trace != "" {
		return parse(at.Letter.Trace, "")
	}
	for _, origin := range origins {
		if parent, ok := at.Lookup(origin + traceparent); ok {
			state, _ := at.Lookup(origin + tracestate)
			if from := parse(parent, state); from.IsValid() {
				return from
			}
		}
	}
	return trace.SpanContext{}
}

// parse reads what strangers have written. A state that cannot be read is left out.
func parse(parent, state string) trace.SpanContext {
	if len(parent) > longestParent {
		return trace.SpanContext{}
	}
	c := propagation.MapCarrier{traceparent: parent}
	if state != "" && len(state) <= longestState {
		c[tracestate] = state
	}
	return trace.SpanContextFromContext(w3c.Extract(context.Background(), c))
}
