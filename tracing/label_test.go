package tracing_test

import (
	"context"
	"fmt"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/plugins"
	"github.com/leat-io/leat/providers"
	"github.com/leat-io/leat/providers/sqs/sqstest"
	"github.com/leat-io/leat/tracing"
)

// A service that knows no attributes is sent none because of traces.
func TestSinkThatSendsNoAttributesSendsNoTrace(t *testing.T) {
	for settings, want := range map[string]int{"label: true": 2, "label: false": 0, "label: false, attributes: {a: '\"b\"'}": 2} {
		queues := sqstest.New(t, sqstest.Options{})
		if _, err := queues.CreateQueue("q", nil); err != nil {
			t.Fatal(err)
		}
		aws := fmt.Sprintf("queue: q, endpoint: %q, region: us-east-1, access_key_id: test", queues.URL)
		arrived := make(chan int, 1)
		count := pipeline.DefineStage("count", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Stage, error) {
			return pipeline.Map(func(_ context.Context, e *pipeline.Event) error {
				n := 0
				for name := range e.AllMeta() {
					if name == "sqs.traceparent" || name == "sqs.a" || name == "sqs.leat" {
						n++
					}
				}
				arrived <- n
				return nil
			}), nil
		})
		o := flowtest.Options{Catalog: pipeline.Catalog{Sinks: providers.Sinks(), Sources: providers.Sources(), Stages: []pipeline.StageDef{count}}, Tracer: tracing.New(sdk.NewTracerProvider(), "")}
		rig := flowtest.Start(t, fmt.Sprintf("version: 1\nflows: {f: {from: feed, to: q}, back: {from: {sqs: {%s}}, stages: [count], to: out}}\nsinks: {q: {sqs: {%[1]s, %s}}, out: record}\n", aws, settings), o)
		rig.Feed.Send("1", "{}")
		if n := <-arrived; n != want {
			t.Errorf("%s: %d attributes, want %d", settings, n, want)
		}
		if err := rig.Stop(); err != nil {
			t.Error(err)
		}
	}
}

// A handler in this process reads what one in a process of its own reads.
func TestHandlerInProcessLearnsInWhichTraceItGoesOn(t *testing.T) {
	got := make(chan string, 1)
	stage := plugins.InProcess("mine", func(_ context.Context, e *plugins.Event) ([]*plugins.Event, error) {
		got <- e.Meta("traceparent") + " " + e.Meta("other")
		return []*plugins.Event{e}, nil
	})
	for _, c := range []struct {
		tracer pipeline.Tracer
		same   bool
	}{{nil, true}, {tracing.New(sdk.NewTracerProvider(), ""), false}} {
		rig := flowtest.Start(t, "version: 1\nflows: {f: {from: feed, stages: [mine], to: out}}\nsinks: {out: record}\n", flowtest.Options{Catalog: pipeline.Catalog{Stages: []pipeline.StageDef{stage}}, Tracer: c.tracer})
		rig.Feed.SendMeta("1", "{}", map[string]string{"traceparent": sampled, "other": "o"})
		if text := <-got; (text == sampled+" o") != c.same || len(text) != len(sampled)+2 {
			t.Errorf("%q", text)
		}
		if err := rig.Stop(); err != nil {
			t.Error(err)
		}
	}
}
