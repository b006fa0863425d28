package tracing_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/stages"
	"github.com/leat-io/leat/tracing"
)

const oneFlow = `
version: 1
flows:
  f:
    from: feed
    stages: [%s]
    to: %s
    on_error: {retry: {backoff: 1s..1s, give_up_after: 10s}, dead_letter: dead}
sinks: {%s dead: record}
`

// flowOf is a flow of stages, with the sinks that it reaches; to "": none.
func flowOf(list, to string) string {
	sinks := ""
	for _, name := range [...]string{"out", "also"} {
		if regexp.MustCompile(`\b` + name + `\b`).MatchString(list + " " + to) {
			sinks += name + ": record, "
		}
	}
	yaml := fmt.Sprintf(oneFlow, list, to, sinks)
	if to == "" {
		yaml = strings.Replace(yaml, "    to: \n", "", 1)
	}
	return yaml
}

// message is one that a test sends.
type message struct {
	payload string
	meta    map[string]string
}

// run runs flows for messages, a second apart, and returns the spans.
func run(t *testing.T, yaml string, o flowtest.Options, messages ...message) tracetest.SpanStubs {
	t.Helper()
	return runWith(t, yaml, o, "", sdk.AlwaysSample(), messages...)
}

func runWith(t *testing.T, yaml string, o flowtest.Options, incoming string, sampler sdk.Sampler, messages ...message) tracetest.SpanStubs {
	t.Helper()
	kept := tracetest.NewInMemoryExporter()
	o.Catalog.Stages = append(stages.All(), slow, refuse, panics)
	synctest.Test(t, func(t *testing.T) {
		provider := sdk.NewTracerProvider(sdk.WithSyncer(kept), sdk.WithSampler(sampler))
		o.Tracer = tracing.New(provider, incoming)
		rig := flowtest.Start(t, yaml, o)
		for i, m := range messages {
			rig.Feed.SendMeta(fmt.Sprint("m", i), m.payload, m.meta)
			synctest.Wait()
			time.Sleep(time.Second)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		rig.Stop()
	})
	return kept.GetSpans()
}

var slow = pipeline.DefineStage("slow", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Stage, error) {
	return pipeline.Map(func(ctx context.Context, _ *pipeline.Event) error {
		pipeline.Yield(ctx)
		time.Sleep(3 * time.Second)
		return nil
	}), nil
})

var refuse = pipeline.DefineStage("refuse", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Stage, error) {
	return pipeline.Map(func(context.Context, *pipeline.Event) error { return pipeline.Reject(errors.New("nonsense")) }), nil
})

var panics = pipeline.DefineStage("panics", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Stage, error) {
	return pipeline.Map(func(context.Context, *pipeline.Event) error { panic("oh") }), nil
})

// tree writes spans as lines, those within others behind dots.
func tree(spans tracetest.SpanStubs) string {
	var lines []string
	var write func(parent trace.SpanID, depth int)
	write = func(parent trace.SpanID, depth int) {
		for _, s := range spans {
			within := s.Parent.SpanID()
			if s.Parent.IsRemote() {
				within = trace.SpanID{}
			}
			if within == parent {
				lines = append(lines, strings.Repeat(". ", depth)+line(s))
				write(s.SpanContext.SpanID(), depth+1)
			}
		}
	}
	slices.SortStableFunc(spans, func(a, b tracetest.SpanStub) int {
		return cmp.Or(a.StartTime.Compare(b.StartTime), a.EndTime.Compare(b.EndTime), cmp.Compare(line(a), line(b)))
	})
	write(trace.SpanID{}, 0)
	return strings.Join(lines, "\n")
}

func line(s tracetest.SpanStub) string {
	out := fmt.Sprintf("%s %s %s %s", s.Name, of(s, "leat.event.id"), of(s, "leat.outcome"), s.EndTime.Sub(s.StartTime).Round(time.Second))
	for _, e := range s.Events {
		out += fmt.Sprintf(" [%s]", e.Name)
	}
	if s.Status.Description != "" {
		first, _, _ := strings.Cut(s.Status.Description, "\n")
		out += ": " + first
	}
	return out
}

func of(s tracetest.SpanStub, key attribute.Key) string {
	for _, a := range s.Attributes {
		if a.Key == key {
			return a.Value.Emit()
		}
	}
	return ""
}

// named returns the only span of a name.
func named(t *testing.T, spans tracetest.SpanStubs, name string) tracetest.SpanStub {
	t.Helper()
	var found []tracetest.SpanStub
	for _, s := range spans {
		if s.Name == name {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d spans called %s in\n%s", len(found), name, tree(spans))
	}
	return found[0]
}

func keyOf(s string) attribute.Key { return attribute.Key(s) }
