package pipeline

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/ThreeDotsLabs/watermill/message"
)

// openSource is a finite source whose input a test gives.
type openSource struct{ out chan *message.Message }

func (s *openSource) Subscribe(context.Context, string) (<-chan *message.Message, error) {
	return s.out, nil
}

func (s *openSource) Close() error { return nil }

// A router closes its subscriber when its only handler has come to its end, if it happens
// to see that first. The flows that lead to the same one go on.
func TestTheEndOfOneFlowStopsNoneThatIsLinkedWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &openSource{make(chan *message.Message)}
		open := DefineSource("open", struct{}{}, func(struct{}, *Env) (*Source, error) {
			return &Source{Subscriber: slow, Finite: true, Hold: Forever}, nil
		})
		var got []string
		sink := DefineSink("note", struct{}{}, func(struct{}, *Env) (Handler, error) {
			return func(_ context.Context, e *Event) error {
				raw, err := e.Bytes()
				got = append(got, string(raw))
				return err
			}, nil
		})
		const yaml = "version: 1\nflows:\n  a: {from: list, to: {flow: c}}\n  b: {from: open, to: {flow: c}}\n  c: {from: {link: {}}, to: out}\nsinks: {out: {note: {}}}\n"
		p, report := LoadText("p", yaml, Options{Catalog: Catalog{Sources: []SourceDef{newListSource("1").define(), open}, Sinks: []SinkDef{sink}}})
		if err := report.Err(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error)
		go func() { ended <- p.Run(t.Context()) }()
		synctest.Wait()
		if err := p.flow("a").control.list()[0].Close(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		slow.out <- message.NewMessage("", []byte("2"))
		close(slow.out)
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if !slices.Equal(got, []string{"1", "2"}) {
			t.Errorf("delivered %v", got)
		}
	})
}
