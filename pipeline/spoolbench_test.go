package pipeline_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// countedSource gives n messages of 64 events of 200 bytes each, and ends.
type countedSource struct{ n int }

func (s *countedSource) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	out := make(chan *message.Message)
	go func() {
		defer close(out)
		payload := fmt.Appendf(nil, `{"n":"%0190d"}`, 1)
		for i := range s.n {
			events := make([]*pipeline.Event, 64)
			for j := range events {
				events[j] = pipeline.NewEvent(fmt.Sprintf("%d-%d", i, j), payload)
			}
			out <- pipeline.NewBatch(context.WithoutCancel(ctx), events)
		}
	}()
	return out, nil
}

func (s *countedSource) Close() error { return nil }

// BenchmarkSpooledFlow is what a spool costs an event of a flow that does nothing.
func BenchmarkSpooledFlow(b *testing.B) {
	for _, with := range []bool{false, true} {
		b.Run(fmt.Sprint("spool=", with), func(b *testing.B) {
			def := pipeline.DefineSource("counted", struct{}{}, func(struct{}, *pipeline.Env) (*pipeline.Source, error) {
				return &pipeline.Source{Subscriber: &countedSource{n: b.N/64 + 1}, Finite: !with, Hold: pipeline.Forever}, nil
			})
			sink := pipeline.DefineSink("nowhere", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Handler, error) {
				return func(context.Context, *pipeline.Event) error { return nil }, nil
			}).Quick()
			settings := "{}"
			if with {
				settings = fmt.Sprintf("{spool: {path: %q}}", b.TempDir())
			}
			rig := flowtest.Load(b, "version: 1\nflows: {f: {from: {counted: "+settings+"}, to: out}}\nsinks: {out: {nowhere: {}}}\n",
				flowtest.Options{Catalog: pipeline.Catalog{Sources: []pipeline.SourceDef{def}, Sinks: []pipeline.SinkDef{sink}}})
			b.ResetTimer()
			rig.Run()
			if err := rig.Wait(); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
