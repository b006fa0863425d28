package tracing_test

import (
	"context"
	"iter"
	"strings"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/tracing"
)

const (
	aTrace  = "0af7651916cd43dd8448eb211c80319c"
	aSpan   = "b7ad6b7169203331"
	sampled = "00-" + aTrace + "-" + aSpan + "-01"
)

func TestTraceOfAnEventGoesOn(t *testing.T) {
	envelope := `{"Type":"Notification","TopicArn":"arn:aws:sns:eu-west-1:123456789012:t","MessageId":"1","Message":"{}","MessageAttributes":{"traceparent":{"Type":"String","Value":"` + sampled + `"},"tracestate":{"Type":"String","Value":"a=b"}}}`
	for name, c := range map[string]struct {
		stages string
		m      message
		state  string
	}{
		"a message of Watermill":        {"", message{"{}", map[string]string{"traceparent": sampled, "tracestate": "a=b"}}, "a=b"},
		"SQS":                           {"", message{"{}", map[string]string{"sqs.traceparent": sampled}}, ""},
		"a stream of Redis":             {"", message{"{}", map[string]string{"redisstream.traceparent": sampled}}, ""},
		"SNS":                           {"", message{"{}", map[string]string{"sns.traceparent": sampled, "sns.tracestate": "a=b"}}, "a=b"},
		"HTTP":                          {"", message{"{}", map[string]string{"http.header.traceparent": sampled, "http.header.tracestate": "a=b,c=d"}}, "a=b,c=d"},
		"a state that cannot be read":   {"", message{"{}", map[string]string{"traceparent": sampled, "tracestate": "a,,=="}}, ""},
		"a state that is much too long": {"", message{"{}", map[string]string{"traceparent": sampled, "tracestate": "a=" + strings.Repeat("b", 600)}}, ""},
		"SNS in an envelope that a stage will open": {"{snsunwrap: {verify: false}}", message{envelope, nil}, "a=b"},
	} {
		t.Run(name, func(t *testing.T) {
			spans := run(t, flowOf(c.stages, "out"), flowtest.Options{}, c.m)
			s := named(t, spans, "process f")
			if s.SpanContext.TraceID().String() != aTrace || s.Parent.SpanID().String() != aSpan || !s.Parent.IsRemote() || s.SpanContext.TraceState().String() != c.state {
				t.Errorf("%s within %s, state %q", s.SpanContext.TraceID(), s.Parent.SpanID(), s.SpanContext.TraceState())
			}
		})
	}
}

func TestWhatCannotBeReadBeginsATrace(t *testing.T) {
	for _, parent := range []string{"", "nonsense", "00-" + strings.Repeat("0", 32) + "-" + aSpan + "-01", "ff-" + aTrace + "-" + aSpan + "-01", sampled + ", " + sampled, sampled + strings.Repeat("-a", 4000), strings.ToUpper(sampled)} {
		spans := run(t, flowOf("", "out"), flowtest.Options{}, message{"{}", map[string]string{"traceparent": parent}})
		if s := named(t, spans, "process f"); s.Parent.IsValid() || s.SpanContext.TraceID().String() == aTrace || len(s.Links) > 0 {
			t.Errorf("%.80q: %v", parent, s.Parent)
		}
	}
}

// The sender decides what is recorded, unless its trace is only linked.
func TestTraceThatIsNotSampledElsewhereIsNotSampledHere(t *testing.T) {
	unsampled := "00-" + aTrace + "-" + aSpan + "-00"
	for _, c := range []struct {
		parent, incoming string
		sampler          sdk.Sampler
		spans, links     int
	}{
		{unsampled, "", sdk.AlwaysSample(), 0, 0},
		{unsampled, pipeline.TraceLink, sdk.AlwaysSample(), 2, 1},
		{sampled, "", sdk.NeverSample(), 2, 0},
		{sampled, pipeline.TraceLink, sdk.NeverSample(), 0, 0},
		{sampled, pipeline.TraceIgnore, sdk.AlwaysSample(), 2, 0},
	} {
		spans := runWith(t, flowOf("", "out"), flowtest.Options{}, c.incoming, sdk.ParentBased(c.sampler), message{"{}", map[string]string{"traceparent": c.parent}})
		links := 0
		for _, s := range spans {
			links += len(s.Links)
		}
		if len(spans) != c.spans || links != c.links {
			t.Errorf("%s %s: %d spans, %d links", c.parent, c.incoming, len(spans), links)
		}
	}
}

func TestTraceOfXRayIsLinked(t *testing.T) {
	spans := run(t, flowOf("", "out"), flowtest.Options{}, message{"{}", map[string]string{"sqs.AWSTraceHeader": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"}})
	s := named(t, spans, "process f")
	if s.Parent.IsValid() || len(s.Links) != 1 || s.Links[0].SpanContext.TraceID().String() != "5759e988bd862e3fe1be46a994272793" || s.Links[0].SpanContext.SpanID().String() != "53995c3f42cd8ad8" {
		t.Errorf("%+v", s.Links)
	}
}

// The event of a letter begins a trace that is linked to the span in which it failed.
func TestReplayIsLinkedToWhatFailed(t *testing.T) {
	kept := tracetest.NewInMemoryExporter()
	tracer := tracing.New(sdk.NewTracerProvider(sdk.WithSyncer(kept)), "")
	letter := &pipeline.Letter{DeadLetter: pipeline.DeadLetter{Version: 1, Flow: "f", Sink: "out", ID: "7", Trace: sampled, Meta: map[string]string{"traceparent": "00-" + strings.Repeat("1", 32) + "-" + aSpan + "-01"}, Payload: new(string)}}
	rig := flowtest.Start(t, flowOf("", "out"), flowtest.Options{Tracer: tracer, Replay: &pipeline.Replay{
		Letters: func(context.Context, string) iter.Seq[*pipeline.Letter] {
			return func(yield func(*pipeline.Letter) bool) { yield(letter) }
		},
		Settled: func(*pipeline.Letter, pipeline.LetterStatus) error { return nil },
	}})
	if err := rig.Wait(); err != nil {
		t.Fatal(err)
	}
	s := named(t, kept.GetSpans(), "process f")
	if s.Parent.IsValid() || len(s.Links) != 1 || s.Links[0].SpanContext.TraceID().String() != aTrace || of(s, "leat.replayed") != "true" {
		t.Errorf("parent %v, links %v", s.Parent, s.Links)
	}
	named(t, kept.GetSpans(), "send out")
}

func TestDeadLetterNamesTheSpanThatFailed(t *testing.T) {
	var text string
	spans := run(t, flowOf("refuse", "out"), flowtest.Options{Fail: func(sink string, e *pipeline.Event, _ int) error {
		if sink == "dead" {
			raw, _ := e.Bytes()
			text = string(raw)
		}
		return nil
	}}, message{payload: "{}"})
	d, err := pipeline.ReadDeadLetter([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	failed := named(t, spans, "refuse").SpanContext
	if want := "00-" + failed.TraceID().String() + "-" + failed.SpanID().String() + "-01"; d.Trace != want {
		t.Errorf("trace %q, want %q", d.Trace, want)
	}
}

// A span that somebody made of the message is what the event's lies in.
func TestSpanOfTheMessageIsTheParent(t *testing.T) {
	kept := tracetest.NewInMemoryExporter()
	provider := sdk.NewTracerProvider(sdk.WithSyncer(kept))
	ctx, outer := provider.Tracer("somebody").Start(t.Context(), "receive")
	_, span := tracing.New(provider, "").Begin(ctx, pipeline.Leg{Kind: pipeline.LegEvent, Flow: "f", Event: pipeline.NewEvent("1", nil)})
	span.Tell(pipeline.Told{What: pipeline.Settled, Event: pipeline.NewEvent("1", nil)})
	outer.End()
	if s := named(t, kept.GetSpans(), "process f"); s.Parent.SpanID() != outer.SpanContext().SpanID() {
		t.Error(s.Parent)
	}
}

// What travels with an event names the span that sends it, sampled or not.
func TestWhatIsCarriedNamesTheSpan(t *testing.T) {
	for _, sampler := range []sdk.Sampler{sdk.AlwaysSample(), sdk.NeverSample()} {
		tracer := tracing.New(sdk.NewTracerProvider(sdk.WithSampler(sampler)), "")
		ctx, _ := tracer.Begin(t.Context(), pipeline.Leg{Kind: pipeline.LegEvent, Flow: "f", Event: pipeline.NewEvent("1", nil)})
		got := map[string]string{}
		tracer.Carry(ctx, func(name, value string) { got[name] = value })
		sc := trace.SpanContextFromContext(ctx)
		if want := "00-" + sc.TraceID().String() + "-" + sc.SpanID().String() + "-" + sc.TraceFlags().String(); got["traceparent"] != want || len(got) != 1 {
			t.Errorf("%v, want %s", got, want)
		}
	}
}
