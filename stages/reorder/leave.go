package reorder

import (
	"fmt"

	"github.com/leat-io/leat/pipeline"
)

// judge applies the policy for late events. One that was late only against an
// earlier run, or that is replayed, is exempt.
func (s *stage) judge(w *waiter) (goesOn bool, err error) {
	if w.late == 0 {
		return true, nil
	}
	s.counts.late.Inc()
	if _, replayed := w.event.LookupMeta(pipeline.MarkReplayed); replayed || w.sorted {
		return true, nil
	}
	switch s.config.Late {
	case lateDrop:
		s.counts.dropped.Inc()
		return false, nil
	case viaDeadLetter:
		return false, pipeline.Reject(fmt.Errorf("late by %s", w.late))
	}
	return true, nil
}

// markEvent leaves on an event what is special about its place.
func (s *stage) markEvent(w *waiter) {
	e := w.event
	if w.late > 0 {
		e.SetMeta(pipeline.MarkLate, "true")
		e.SetMeta(pipeline.MarkLateBy, w.late.String())
	}
	if w.alone || w.overtaken && s.config.By == byArrival {
		e.SetMeta(pipeline.MarkUnordered, "true")
	}
	if w.forced {
		s.counts.forced.Inc()
		e.SetMeta(pipeline.MarkForced, "true")
	}
	if w.gap {
		e.SetMeta(pipeline.MarkGap, "true")
	}
	if w.overtaken {
		s.counts.reordered.Inc()
	}
}
