package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
)

func TestTheFirstStageOfAChainSeesTheEventFirst(t *testing.T) {
	var seen []string
	note := func(name string) Stage {
		return Map(func(context.Context, *Event) error { seen = append(seen, name); return nil })
	}
	h := Chain(note("a"), Chain(), note("b"))(func(context.Context, *Event) error { seen = append(seen, "end"); return nil })
	if err := h(t.Context(), NewEvent("1", nil)); err != nil || !slices.Equal(seen, []string{"a", "b", "end"}) {
		t.Errorf("%q, %v", seen, err)
	}
}

func TestPermanentErrorsStayPermanentAndKeepTheirCause(t *testing.T) {
	cause := errors.New("cause")
	err := fmt.Errorf("stage: %w", Reject(fmt.Errorf("read: %w", cause)))
	if !Rejected(err) || !errors.Is(err, cause) || Reject(err) != err || err.Error() != "stage: read: cause" {
		t.Errorf("%v, permanent %v", err, Rejected(err))
	}
	if Reject(nil) != nil || Rejected(cause) || Rejected(nil) || Rejected(RetryAfter(cause, 1)) {
		t.Error("what is not permanent is taken for it")
	}
	if after := RetryAfter(Reject(cause), 1); !Rejected(after) || !errors.Is(after, cause) {
		t.Errorf("%v has lost something", after)
	}
}

// Stages can be tested and used without a flow around them.
func TestStagesWorkOutsideAFlow(t *testing.T) {
	var mu sync.Mutex
	var got []string
	next := func(ctx context.Context, e *Event) error {
		Yield(ctx)
		mu.Lock()
		defer mu.Unlock()
		if got = append(got, e.ID); e.ID == "m#1" {
			return errors.New("no")
		}
		return nil
	}
	halves := FlatMap(func(_ context.Context, e *Event) ([]*Event, error) {
		return []*Event{e.Child(0, nil), e.Child(1, nil), e.Child(2, nil)}, nil
	})
	err := halves(next)(t.Context(), NewEvent("m", nil))
	slices.Sort(got)
	if err == nil || !slices.Equal(got, []string{"m#0", "m#1", "m#2"}) {
		t.Errorf("%q, %v", got, err)
	}
	hold := NewHold(t.Context())
	if hold.End(); Held(t.Context()) != nil || hold.BeginBehind() != nil || Stopping(t.Context()) != nil || DeadLettered(t.Context()) {
		t.Error("there is a flow where there is none")
	}
	change := func(_ context.Context, e *Event) error { e.ID = "changed"; return nil }
	e := NewEvent("m", nil)
	if err := Beside(change, func(_ context.Context, e *Event) error { return errors.New(e.ID) })(t.Context(), e); err == nil || err.Error() != "m" {
		t.Errorf("beside: %v", err)
	}
}

func TestAnEventThatBecomesNoneIsSettled(t *testing.T) {
	h := FlatMap(func(context.Context, *Event) ([]*Event, error) { return nil, nil })(func(context.Context, *Event) error {
		return errors.New("reached")
	})
	if err := h(t.Context(), NewEvent("1", nil)); err != nil {
		t.Error(err)
	}
}
