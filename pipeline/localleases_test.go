package pipeline

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestPartsOfAPipelineTakeTurnsWithALease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := NewEnv("f", nil, Options{})
		first, second, other := env.LeaseOf("tiki/q"), env.LeaseOf("tiki/q"), env.LeaseOf("tiki/r")
		for _, l := range []Lease{first, other} {
			if _, err := l.Acquire(t.Context()); err != nil || !l.Held() {
				t.Fatalf("%v, held %v", err, l.Held())
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := second.Acquire(ctx); !errors.Is(err, context.DeadlineExceeded) || second.Held() {
			t.Fatalf("two have it: %v", err)
		}
		_ = second.Release() // which it does not have
		got := make(chan error, 1)
		go func() {
			_, err := second.Acquire(t.Context())
			got <- err
		}()
		synctest.Wait()
		_ = first.Release()
		_ = first.Release()
		if err := <-got; err != nil || first.Held() || !second.Held() {
			t.Errorf("%v; held: %v and %v", err, first.Held(), second.Held())
		}
	})
}

// leasing is a state that has leases.
type leasing struct {
	noState
	named []string
}

func (l *leasing) Lease(name string) Lease {
	l.named = append(l.named, name)
	return new(localLeases).lease(name)
}

func TestALeaseOfSomethingOutsideIsNoStages(t *testing.T) {
	s := &leasing{}
	env := NewEnv("tiki/reorder", s, Options{})
	env.LeaseOf("tiki/reorder")
	env.Lease()
	if s.named[0] == s.named[1] {
		t.Errorf("both are called %q", s.named[0])
	}
}
