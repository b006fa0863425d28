package pipeline

import (
	"context"
	"testing"
	"time"
)

// A spool changes nothing about when a source gives a message again, and keeps its
// order where nothing goes back.
func TestSpooledSourceSaysWhatItsOwnDoes(t *testing.T) {
	inner := &Source{Ordered: true, Redelivery: time.Hour, Hold: time.Second, Returns: true, Serial: true, InFlight: 1}
	s := &spooled{inner: inner, flow: &flow{policy: &policy{}}}
	if got := s.source(); got.Ordered || got.Redelivery != time.Hour || got.Hold != Forever || got.Returns || got.Serial || got.InFlight != 0 {
		t.Errorf("%+v", got)
	}
	s.flow.policy.dead = func(context.Context, *Event) error { return nil }
	if !s.source().Ordered {
		t.Error("nothing goes back, and the order is not kept")
	}
}
