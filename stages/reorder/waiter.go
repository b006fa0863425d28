package reorder

import (
	"time"

	"github.com/leat-io/leat/pipeline"
)

// waiter is an event that has entered and is not settled yet.
type waiter struct {
	event   *pipeline.Event
	hold    pipeline.Hold
	id      string // the event's, as time and seq: later stages may change them there
	time    time.Time
	seq     pipeline.Seq
	queue   *queue
	due     time.Time
	turn    chan struct{} // gets its one signal when the event may go, or has to go back
	refused error         // why it has to go back
	where   place
	patient *patient // it has no goroutine that waits for its turn

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
}

// signal wakes the event: it may go, or has to go back.
func (s *stage) signal(w *waiter) {
	w.hold.End()
	if w.patient == nil {
		w.turn <- struct{}{}
		return
	}
	if s.going == nil {
		s.going = &pipeline.Convoy{}
	}
	s.going.Add(w.patient.pending, w.patient)
}

// unlock ends what the lock guards, and has those go on that were signalled.
func (s *stage) unlock() {
	going := s.going
	s.going = nil
	s.mu.Unlock()
	if going != nil {
		going.Go()
	}
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
