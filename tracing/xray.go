package tracing

import (
	"strings"

	"go.opentelemetry.io/otel/trace"
)

// xray reads the attribute AWSTraceHeader that AWS X-Ray has travel with messages of SQS:
//
//	Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1
//
// It is not valid without a root and a parent. X-Ray has traces of its own, and whether
// it samples them concerns nobody here; so this becomes a link and never a parent.
//
// https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
func xray(header string) trace.SpanContext {
	var c trace.SpanContextConfig
	if len(header) > longestParent {
		return trace.SpanContext{}
	}
	for part := range strings.SplitSeq(header, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "Root":
			c.TraceID, _ = trace.TraceIDFromHex(rootOf(value))
		case "Parent":
			c.SpanID, _ = trace.SpanIDFromHex(value)
		case "Sampled":
			c.TraceFlags = c.TraceFlags.WithSampled(value == "1")
		}
	}
	c.Remote = true
	return trace.NewSpanContext(c)
}

// rootOf is the id of a trace without its version and hyphens.
func rootOf(value string) string {
	seconds, unique, ok := strings.Cut(strings.TrimPrefix(value, "1-"), "-")
	if !ok || len(seconds) != 8 {
		return ""
	}
	return seconds + unique
}
