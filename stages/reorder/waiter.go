package reorder

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// waiter is an event that has entered and is not settled yet.
type waiter struct {
	stage   *stage
	event   *pipeline.Event
	hold    pipeline.Hold
	id      string // the event's, as time and seq: later stages may change them there
	time    time.Time
	seq     pipeline.Seq
	queue   *queue
	sibling *waiter // the next one of its message that waits for its number
	older   *waiter // the one before it in the inbox
	due     time.Time
	where   place

	signalled atomic.Bool   // it may go, or has to go back
	refused   error         // why it has to go back
	turn      chan struct{} // gets the signal, if a goroutine waits for it

	ctx     context.Context
	next    pipeline.Handler
	patient bool             // no goroutine waits for it
	pending pipeline.Pending // then

	untimed   bool // it has no time
	doubtful  bool // its time was far ahead of the clock when it entered
	sorted    bool // it is late only against an earlier run
	forced    bool
	gap       bool
	alone     bool // released in its place of arrival, for its time is no use
	judged    bool // the policy for late events has kept it back
	ordered   bool // released in order: what is earlier is late from then on
	overtaken bool // an event that came after it has left before it
	late      time.Duration

	// Once it is done:
	settled bool
	dead    bool // among the dead letters
	moves   bool // its time is that of its key
}

// signal wakes the event: it may go, or has to go back.
func (s *stage) signal(w *waiter) {
	w.hold.End()
	w.signalled.Store(true)
	switch {
	case w.patient:
		if s.going == nil {
			s.going = &pipeline.Convoy{}
		}
		s.going.Add(&w.pending, w)
	case w.turn != nil:
		w.turn <- struct{}{}
	}
}

// mustWait reports whether the event has had no signal yet; it comes through turn then.
func (s *stage) mustWait(w *waiter) bool {
	s.lock()
	defer s.unlock()
	if w.signalled.Load() {
		return false
	}
	w.turn = make(chan struct{}, 1)
	return true
}

// place is where a waiter stands.
type place uint8

const (
	isStaged place = iota
	isHeld         // in its queue, sorted
	isReady        // waits only for those before it to be settled
	isRunning
	isGone
)
