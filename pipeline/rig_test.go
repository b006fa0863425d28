package pipeline

import (
	"context"
	"sync"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listSource is a finite source of a few payloads, for tests that look at the
// insides of the engine. Others use flowtest.
type listSource struct{ payloads []string }

func newListSource(payloads ...string) *listSource { return &listSource{payloads} }

func (s *listSource) define() SourceDef {
	return DefineSource("list", struct{}{}, func(struct{}, *Env) (*Source, error) {
		return &Source{Subscriber: s, Finite: true, Hold: Forever}, nil
	})
}

func (s *listSource) Subscribe(context.Context, string) (<-chan *message.Message, error) {
	out := make(chan *message.Message, len(s.payloads))
	for _, p := range s.payloads {
		out <- message.NewMessage("", []byte(p))
	}
	close(out)
	return out, nil
}

func (s *listSource) Close() error { return nil }

// keepSink keeps the events that reach it.
type keepSink struct {
	fail error

	mu  sync.Mutex
	got []*Event
}

func newKeepSink() *keepSink { return &keepSink{} }

func (s *keepSink) define() SinkDef {
	return DefineSink("keep", struct{}{}, func(struct{}, *Env) (Handler, error) { return s.handle, nil })
}

func (s *keepSink) handle(_ context.Context, e *Event) error {
	if s.fail != nil {
		return s.fail
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, e.Clone())
	return nil
}

// loadText builds the pipeline of a file that must be right.
func loadText(t testing.TB, yaml string, c Catalog) *Pipeline {
	t.Helper()
	p, report := LoadText("pipeline.yaml", yaml, Options{Catalog: c})
	if err := report.Err(); err != nil {
		t.Fatal(err)
	}
	return p
}

func runText(t testing.TB, yaml string, c Catalog) (*Pipeline, error) {
	t.Helper()
	p := loadText(t, yaml, c)
	return p, p.Run(t.Context())
}
