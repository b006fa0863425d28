package host

import (
	"context"
	"testing"
	"time"
)

func TestATrialWhoseEventsAreWithdrawnHoldsUpNoOther(t *testing.T) {
	h := &Host{config: Defaults, options: Options{Count: func(string) {}}, marked: map[string]*crime{"suspect": {crashes: 1}}, seq: 1}
	k := &child{host: h, alive: newAlive(), sent: map[uint64]*call{}, lingering: map[uint64]*call{}, wake: make(chan struct{}, 1), credits: 10}
	h.current = k
	deaf := named("deaf")
	deaf.overdue = time.Now()
	k.lingering[1] = deaf
	suspect := named("suspect")
	if err := h.add(suspect); err != nil || h.take(k) != nil {
		t.Fatalf("it was sent beside an event that was given up, or %v", err)
	}
	if _, err := h.withdraw(suspect, context.Canceled); err != context.Canceled {
		t.Errorf("got %v", err)
	}
	if err := h.add(named("another")); err != nil || h.take(k) == nil {
		t.Errorf("another event is not sent (%v)", err)
	}
}

func TestWhatAReplacedProcessDiesWithIsTriedByTheOneInItsPlace(t *testing.T) {
	h := &Host{config: Defaults, options: Options{Count: func(string) {}}, row: longestRow, seq: 1}
	employed := func() *child {
		return &child{host: h, alive: newAlive(), sent: map[uint64]*call{}, lingering: map[uint64]*call{}, wake: make(chan struct{}, 1), credits: 10}
	}
	old, c := employed(), named("suspect")
	c.crime = crime{crashes: 2, alone: 1}
	c.with, c.seq, old.sent[1] = old, 1, c
	h.current = employed()
	h.bury(old)
	if h.take(h.current) == nil {
		t.Errorf("it waits for ever: %d are put aside, trial %v", len(h.cell), h.trial)
	}
}

func named(id string) *call {
	c := newCall()
	c.id = id
	return c
}
