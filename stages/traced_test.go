package stages_test

import (
	"context"
	"fmt"
	"sync"

	"github.com/leat-io/leat/pipeline"
)

// spanBook is a tracer that notes what is wrong with the spans that are made: one that
// never ends, or twice, or begins in one that has nothing to do with it.
type spanBook struct {
	skip int // of so many events one is not recorded; 0: all are

	mu    sync.Mutex
	begun int
	open  map[*bookSpan]bool
	wrong []string
}

type bookSpan struct {
	book  *spanBook
	leg   pipeline.Leg
	ended bool
}

type bookKey struct{}

func newSpanBook(skip int) *spanBook { return &spanBook{skip: skip, open: map[*bookSpan]bool{}} }

func (b *spanBook) Begin(ctx context.Context, at pipeline.Leg) (context.Context, pipeline.Span) {
	b.mu.Lock()
	defer b.mu.Unlock()
	outer, _ := ctx.Value(bookKey{}).(*bookSpan)
	switch {
	case at.Kind == pipeline.LegEvent && outer != nil:
		b.complain("%s begins within %s", at.Event.ID, outer)
	case at.Kind != pipeline.LegEvent && outer == nil:
		b.complain("%s of %s begins within nothing", at.Kind, at.Event.ID)
	case outer == nil:
	case outer.ended:
		b.complain("%s %s of %s begins within %s, which has ended", at.Kind, at.Name, at.Event.ID, outer)
	case (outer.leg.Kind == pipeline.LegStage || outer.leg.Kind == pipeline.LegSink) && at.Name != "dead":
		b.complain("%s %s of %s begins within %s", at.Kind, at.Name, at.Event.ID, outer)
	}
	if b.begun++; at.Kind == pipeline.LegEvent && b.skip > 0 && b.begun%b.skip == 0 {
		return ctx, nil
	}
	s := &bookSpan{book: b, leg: at}
	b.open[s] = true
	return s.Within(ctx), s
}

func (b *spanBook) Carry(context.Context, func(name, value string)) {}

func (b *spanBook) complain(format string, args ...any) {
	b.wrong = append(b.wrong, fmt.Sprintf(format, args...))
}

func (s *bookSpan) String() string { return fmt.Sprintf("%s %s", s.leg.Kind, s.leg.Name) }

func (s *bookSpan) Within(ctx context.Context) context.Context {
	return context.WithValue(ctx, bookKey{}, s)
}

func (s *bookSpan) Tell(t pipeline.Told) {
	b := s.book
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case t.What == pipeline.Failed && t.Err == nil:
		b.complain("%s failed without an error", s)
	case s.ended:
		b.complain("%s is told %s after its end", s, t.What)
	case t.What != pipeline.Failed:
		s.ended = true
		delete(b.open, s)
	}
}

// check returns what is wrong once no event is under way any longer.
func (b *spanBook) check() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for s := range b.open {
		b.complain("%s has not ended", s)
	}
	return b.wrong
}
