package inspect_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/sim"
	"github.com/leat-io/leat/sim/inspect"
)

// shaky fails so often before it lets an event pass.
func shaky(failures int, err error) pipeline.StageDef {
	return pipeline.DefineStage("shaky", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Stage, error) {
		n := 0
		return pipeline.Map(func(context.Context, *pipeline.Event) error {
			if n++; n <= failures {
				return err
			}
			return nil
		}), nil
	}).Passes()
}

// queue keeps one message in flight.
var queue = pipeline.DefineSource("queue", struct{}{}, func(struct{}, *pipeline.Env) (*pipeline.Source, error) {
	return &pipeline.Source{Subscriber: closed{}, Hold: pipeline.Forever, InFlight: 1}, nil
})

type closed struct{}

func (closed) Subscribe(context.Context, string) (<-chan *message.Message, error) {
	return nil, errors.New("the source was read")
}
func (closed) Close() error { return nil }

var trap = pipeline.DefineSink("trap", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Handler, error) {
	return func(context.Context, *pipeline.Event) error { return errors.New("the sink was used") }, nil
})

func look(t *testing.T, stage pipeline.StageDef, onError string, payloads ...string) *inspect.Report {
	t.Helper()
	text := "version: 1\nflows: {f: {from: {queue: {}}, stages: [shaky], to: out" + onError + "}}\nsinks: {out: {trap: {}}, dead: {trap: {}}}\n"
	if onError == "" {
		text = strings.Replace(text, ", dead: {trap: {}}", "", 1)
	}
	still := sim.NewStillness()
	defer still.Close()
	o := inspect.Options{At: time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)}
	o.Pipeline.Catalog = pipeline.Catalog{Stages: []pipeline.StageDef{stage}, Sources: []pipeline.SourceDef{queue}, Sinks: []pipeline.SinkDef{trap}}
	o.Load = func(o pipeline.Options) (*pipeline.Pipeline, *pipeline.Report) {
		return pipeline.LoadText("f.yaml", text, o)
	}
	for _, p := range payloads {
		o.Payloads = append(o.Payloads, inspect.Payload{Name: p, Data: []byte(`{"n":"` + p + `"}`)})
	}
	r, err := inspect.Run(o, still)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAStageThatIsCalledAgainIsOneStep(t *testing.T) {
	r := look(t, shaky(2, errors.New("not now")), "", "a", "b")
	first, second := r.Messages[0], r.Messages[1]
	if len(first.Steps) != 1 {
		t.Fatalf("a has %d steps, want 1", len(first.Steps))
	}
	s := first.Steps[0]
	if s.Attempts != 3 || s.Error != "" || len(s.Parts) != 1 || !s.Went.Time.After(s.Came.Time) {
		t.Errorf("a: attempts %d, error %q, %d parts, came %v, went %v", s.Attempts, s.Error, len(s.Parts), s.Came, s.Went)
	}
	if to := s.Parts[0].Steps; len(to) != 1 || to[0].Sink != "out" {
		t.Errorf("a went to %+v, want out", to)
	}
	// The second message is read only when the first is settled, and is told from it.
	if len(second.Steps) != 1 || second.Steps[0].Attempts != 1 || second.Fate != inspect.FateSettled {
		t.Errorf("b: %+v", second)
	}
}

func TestWhatFailsForEverEndsTheLook(t *testing.T) {
	r := look(t, shaky(1<<30, errors.New("never")), "", "a")
	m := r.Messages[0]
	if m.Fate != inspect.FateOpen || m.Steps[0].Went != nil || m.Steps[0].Error != "never" || m.Steps[0].Attempts < 2 {
		t.Errorf("fate %s, step %+v", m.Fate, m.Steps[0])
	}
}

func TestWhatIsRejectedIsADeadLetterOrGoesBack(t *testing.T) {
	bad := pipeline.Reject(errors.New("not like this"))
	r := look(t, shaky(1, bad), "", "a")
	if m := r.Messages[0]; m.Fate != inspect.FateReturned || !m.Steps[0].Rejected || len(m.Steps) != 1 {
		t.Errorf("without dead letters: fate %s, %d steps", m.Fate, len(m.Steps))
	}
	r = look(t, shaky(1, bad), ", on_error: {dead_letter: dead}", "a")
	m := r.Messages[0]
	if m.Fate != inspect.FateSettled || len(m.Steps) != 2 || m.Steps[1].Letter == nil || m.Steps[1].Letter.Stage != "shaky" {
		t.Errorf("with dead letters: %+v", m)
	}
}
