package tracing_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	otlp "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/sqs/sqstest"
	"github.com/leat-io/leat/tracing"
)

// program is a leat with spans of its own.
type program struct {
	address string // that its http source listens on
	stop    func()
}

// startProgram runs a file, whose sinks of type keep give their events to got.
func startProgram(t *testing.T, yaml string, got chan<- *pipeline.Event) *program {
	t.Helper()
	file := filepath.Join(t.TempDir(), "pipeline.yaml")
	if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	c := catalog()
	c.Sinks = append(c.Sinks, pipeline.DefineSink("keep", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Handler, error) {
		return func(_ context.Context, e *pipeline.Event) error {
			got <- e.Clone()
			return nil
		}, nil
	}))
	listens := make(addressLog, 1)
	x := tracing.NewExporting(tracing.Options{})
	p, err := pipeline.Load(file, pipeline.Options{Catalog: c, Tracer: x.Tracer, Log: slog.New(listens)})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	g := &program{stop: func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}}
	g.address = <-listens
	return g
}

// addressLog waits for the address that a source listens on.
type addressLog chan string

func (addressLog) Enabled(context.Context, slog.Level) bool { return true }
func (a addressLog) WithAttrs([]slog.Attr) slog.Handler     { return a }
func (a addressLog) WithGroup(string) slog.Handler          { return a }
func (a addressLog) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(attr slog.Attr) bool {
		if attr.Key == "address" && r.Message == "listening for events" {
			a <- attr.Value.String()
		}
		return true
	})
	return nil
}

// A request of a traced client goes through two programs, over HTTP and over SQS, and all
// of it is one trace.
func TestOneTraceThroughProgramsOverHTTPAndSQS(t *testing.T) {
	c := overHTTP(t)
	queues := sqstest.New(t, sqstest.Options{})
	if _, err := queues.CreateQueue("q", nil); err != nil {
		t.Fatal(err)
	}
	aws := fmt.Sprintf("queue: q, endpoint: %q, region: us-east-1, access_key_id: test", queues.URL)
	got := make(chan *pipeline.Event, 10)
	second := startProgram(t, fmt.Sprintf(`
version: 1
tracing: {endpoint: %q, service: second}
state: {memory: {}}
flows:
  web: {from: {http: {listen: "127.0.0.1:0", path: /in}}, to: web}
  queue: {from: {sqs: {%s}}, to: queue}
sinks: {web: keep, queue: keep}
`, c.url, aws), got)
	first := startProgram(t, fmt.Sprintf(`
version: 1
tracing: {endpoint: %q, service: first}
state: {memory: {}}
flows:
  in: {from: {http: {listen: "127.0.0.1:0", path: /in}}, stages: [{filter: 'true'}], to: [web, queue]}
sinks:
  web: {http: {url: "http://%s/in"}}
  queue: {sqs: {%s}}
`, c.url, second.address, aws), got)
	q, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+first.address+"/in", strings.NewReader(`{"n":1}`))
	q.Header.Set("traceparent", sampled)
	q.Header.Set("tracestate", "vendor=1")
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent {
		t.Fatal(answer.Status)
	}
	<-got
	<-got
	first.stop()
	second.stop()

	in, sendWeb, sendQueue := one(t, c, "process in"), one(t, c, "send web"), one(t, c, "send queue")
	for _, s := range c.spans {
		if fmt.Sprintf("%x", s.TraceId) != aTrace || s.TraceState != "vendor=1" {
			t.Errorf("%s is in trace %x, state %q", s.Name, s.TraceId, s.TraceState)
		}
	}
	if fmt.Sprintf("%x", in.ParentSpanId) != aSpan {
		t.Errorf("the first flow lies in %x", in.ParentSpanId)
	}
	if web := one(t, c, "process web"); string(web.ParentSpanId) != string(sendWeb.SpanId) {
		t.Error("what came over HTTP does not lie in what sent it")
	}
	if queue := one(t, c, "process queue"); string(queue.ParentSpanId) != string(sendQueue.SpanId) {
		t.Error("what came over SQS does not lie in what sent it")
	}
}

// one returns the span of a name that is not that of the sinks in the second program.
func one(t *testing.T, c *collector, name string) *otlp.Span {
	t.Helper()
	for _, s := range c.named(name) {
		if inFlow(s, "in") || !strings.HasPrefix(name, "send ") {
			return s
		}
	}
	t.Fatalf("no span %s", name)
	return nil
}

func inFlow(s *otlp.Span, flow string) bool {
	for _, a := range s.Attributes {
		if a.Key == "leat.flow" {
			return a.Value.GetStringValue() == flow
		}
	}
	return false
}
