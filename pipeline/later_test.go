package pipeline

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// together is a stage whose events go on together once n of them have come.
// Their order is that of their payloads.
func together(n int, goOn func(ctx context.Context, e *Event, next Handler) error) StageDef {
	var mu sync.Mutex
	came := map[string]func(*Convoy){}
	return DefineStage("together", struct{}{}, func(struct{}, *Env) (Stage, error) {
		return func(next Handler) Handler {
			return func(ctx context.Context, e *Event) error {
				mu.Lock()
				defer mu.Unlock()
				raw, _ := e.Bytes()
				p := Later(ctx)
				came[string(raw)] = func(c *Convoy) { c.Add(p, restFunc(func() error { return goOn(ctx, e, next) })) }
				if len(came) == n {
					go letGo(came) // the last one has to return before
				}
				return ErrLater
			}
		}, nil
	}).Passes()
}

func letGo(came map[string]func(*Convoy)) {
	time.Sleep(time.Second)
	c := &Convoy{}
	for _, payload := range slices.Sorted(maps.Keys(came)) {
		came[payload](c)
	}
	c.Go()
}

type restFunc func() error

func (r restFunc) GoOn() error { return r() }

// lateSink says nothing of an event until it is asked to.
type lateSink struct {
	mu   sync.Mutex
	got  []string
	open []*Pending
}

func (s *lateSink) define() SinkDef {
	return DefineSink("late", struct{}{}, func(struct{}, *Env) (Handler, error) {
		return func(ctx context.Context, e *Event) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			raw, _ := e.Bytes()
			s.got = append(s.got, string(raw))
			s.open = append(s.open, Later(ctx))
			return ErrLater
		}, nil
	}).Quick()
}

// settle settles what has come, and returns it.
func (s *lateSink) settle() []string {
	time.Sleep(time.Minute)
	synctest.Wait()
	s.mu.Lock()
	got, open := s.got, s.open
	s.got, s.open = nil, nil
	s.mu.Unlock()
	for _, p := range open {
		p.Settle(nil)
	}
	slices.Sort(got)
	return got
}

// runLate runs a flow of one stage into sink and returns what came at once, before any of
// it was settled, and what came after that.
func runLate(t *testing.T, stage StageDef, settings string, payloads ...string) (at, after []string, p *Pipeline) {
	t.Helper()
	sink := &lateSink{}
	p = loadText(t, `version: 1
flows:
  main: {from: list, `+settings+`stages: [`+stage.Name+`: {}], to: out}
sinks: {out: late}
`, Catalog{Sources: []SourceDef{blockSource(payloads)}, Stages: []StageDef{stage}, Sinks: []SinkDef{sink.define()}})
	ended := make(chan error, 1)
	go func() { ended <- p.Run(t.Context()) }()
	at = sink.settle()
	for more := sink.settle(); len(more) > 0; more = sink.settle() {
		after = append(after, more...)
	}
	if err := <-ended; err != nil {
		t.Log(err)
	}
	return at, after, p
}

// blockSource is a finite source of messages whose events are the words of their payloads.
func blockSource(payloads []string) SourceDef {
	return DefineSource("list", struct{}{}, func(struct{}, *Env) (*Source, error) {
		return &Source{Subscriber: blocks(payloads), Finite: true, Hold: Forever}, nil
	})
}

type blocks []string

func (b blocks) Subscribe(context.Context, string) (<-chan *message.Message, error) {
	out := make(chan *message.Message, len(b))
	for _, payload := range b {
		var events []*Event
		for word := range strings.FieldsSeq(payload) {
			events = append(events, NewEvent(word, []byte(word)))
		}
		out <- NewBatch(context.Background(), events)
	}
	close(out)
	return out, nil
}

func (blocks) Close() error { return nil }

func twoParts(e *Event) []*Event {
	raw, _ := e.Bytes()
	return []*Event{e.Child(0, []byte(string(raw)+"0")), e.Child(1, []byte(string(raw)+"1"))}
}

// A part that has no room yet must not keep those waiting that have.
func TestEventsThatGoOnTogetherDoNotWaitForTheRoomOfAPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stage := together(2, func(ctx context.Context, e *Event, next Handler) error {
			if raw, _ := e.Bytes(); string(raw) == "a" {
				return Each(ctx, twoParts(e), next)
			}
			return next(ctx, e)
		})
		at, after, _ := runLate(t, stage, "max_in_flight: 2, ", "a", "b")
		if !slices.Equal(at, []string{"a0", "b"}) || !slices.Equal(after, []string{"a1"}) {
			t.Errorf("came first: %q, then: %q", at, after)
		}
	})
}

func TestTheOtherEventsOfAMessageDoNotWaitForTheRoomOfAPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		halve := DefineStage("halve", struct{}{}, func(struct{}, *Env) (Stage, error) {
			return FlatMap(func(_ context.Context, e *Event) ([]*Event, error) {
				if raw, _ := e.Bytes(); len(raw) > 1 {
					return []*Event{e.Child(0, raw[:1]), e.Child(1, raw[1:])}, nil
				}
				return []*Event{e}, nil
			}), nil
		}).Passes()
		at, after, _ := runLate(t, halve, "max_in_flight: 2, ", "ab c")
		if !slices.Equal(at, []string{"a", "c"}) || !slices.Equal(after, []string{"b"}) {
			t.Errorf("came first: %q, then: %q", at, after)
		}
	})
}

func TestAPanicOfAnEventThatGoesOnIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stage := together(2, func(ctx context.Context, e *Event, next Handler) error {
			if raw, _ := e.Bytes(); string(raw) == "a" {
				panic("oh")
			}
			return next(ctx, e)
		})
		at, after, _ := runLate(t, stage, "", "a", "b")
		if !slices.Equal(at, []string{"b"}) || len(after) > 0 {
			t.Errorf("came first: %q, then: %q", at, after)
		}
	})
}

func TestWhatLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		whole, part, timed := false, false, true
		stage := DefineStage("look", struct{}{}, func(struct{}, *Env) (Stage, error) {
			return func(next Handler) Handler {
				return func(ctx context.Context, e *Event) error {
					whole = Lasts(ctx)
					own, cancel := context.WithCancel(ctx)
					timed = Lasts(own)
					cancel()
					return Each(ctx, twoParts(e), func(ctx context.Context, e *Event) error {
						part = Lasts(ctx)
						return next(ctx, e)
					})
				}
			}, nil
		})
		runLate(t, stage, "", "a")
		if !whole || !part || timed {
			t.Errorf("the context of a message lasts: %t, that of a part: %t, one that a stage can end: %t", whole, part, timed)
		}
	})
}

func TestAnOutcomeIsToldOnce(t *testing.T) {
	for name, again := range map[string]func(*Pending){
		"settled": func(p *Pending) { p.Settle(nil) },
		"goes on": func(p *Pending) { (&Convoy{}).Add(p, restFunc(func() error { return nil })) },
	} {
		t.Run(name, func(t *testing.T) {
			p := (&lane{}).later()
			p.Settle(nil)
			defer func() {
				if recover() == nil {
					t.Error("a second outcome was taken")
				}
			}()
			again(p)
		})
	}
}
