package tracing

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/pipeline"
)

// given is a source of n events in messages of 64.
type given struct{ n int }

func (g *given) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	out := make(chan *message.Message)
	go func() {
		defer close(out)
		raw := []byte(`{"id":"1"}`)
		for left := g.n; left > 0; left -= 64 {
			events := make([]*pipeline.Event, min(left, 64))
			for i := range events {
				events[i] = pipeline.NewEvent("370724761431111111", raw)
			}
			select {
			case out <- pipeline.NewBatch(context.Background(), events):
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

func (g *given) Close() error { return nil }

// BenchmarkEvent is what an event costs on its way through five stages that do nothing to
// a sink that does nothing, with tracing off, with one of a hundred traces, with all of
// them and nobody to send them to, and with all of them sent to a server that reads and
// forgets them in the same process.
func BenchmarkEvent(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) { _, _ = io.Copy(io.Discard, q.Body) }))
	defer server.Close()
	for _, c := range []struct{ name, traced string }{
		{"off", ""},
		{"none", fmt.Sprintf("tracing: {endpoint: %q, sample: 0}", server.URL)},
		{"hundredth", fmt.Sprintf("tracing: {endpoint: %q, sample: 0.01, queue: 1000000}", server.URL)},
		{"all", fmt.Sprintf("tracing: {endpoint: %q, queue: 1000000}", server.URL)},
	} {
		b.Run(c.name, func(b *testing.B) { benchEvent(b, c.traced) })
	}
}

func benchEvent(b *testing.B, traced string) {
	catalog := pipeline.Catalog{
		Stages: []pipeline.StageDef{pipeline.DefineStage("passing", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Stage, error) {
			return pipeline.Map(func(context.Context, *pipeline.Event) error { return nil }), nil
		}).Passes()},
		Sinks: []pipeline.SinkDef{pipeline.DefineSink("nowhere", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Handler, error) {
			return func(context.Context, *pipeline.Event) error { return nil }, nil
		}).Quick()},
		Sources: []pipeline.SourceDef{pipeline.DefineSource("given", struct{}{}, func(struct{}, *pipeline.Env) (*pipeline.Source, error) {
			return &pipeline.Source{Subscriber: &given{b.N}, Finite: true, Hold: pipeline.Forever}, nil
		})},
	}
	x := NewExporting(Options{})
	p, report := pipeline.LoadText("p", "version: 1\n"+traced+"\nflows: {f: {from: given, stages: [passing, {name: b, passing: {}}, {name: c, passing: {}}, {name: d, passing: {}}, {name: e, passing: {}}], to: out}}\nsinks: {out: nowhere}\n", pipeline.Options{Catalog: catalog, Tracer: x.Tracer})
	if err := report.Err(); err != nil {
		b.Fatal(err)
	}
	if err := x.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	if err := p.Run(context.Background()); err != nil {
		b.Fatal(err)
	}
	_ = x.Close()
	b.ReportMetric(float64(x.Lost())/float64(b.N), "lost/op")
}
