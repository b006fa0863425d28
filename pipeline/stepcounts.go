package pipeline

import "errors"

// stepCounts are what a step always counts, as it is rare.
type stepCounts struct {
	retried, returned *Counter
	dead              map[string]*Counter // by reason; not changed once it is made
}

// Classes of the reasons for which events become dead letters.
const (
	DeadRejected   = "rejected"   // a stage or sink said that no repetition will help
	DeadGivenUp    = "given_up"   // it failed for longer than give_up_after
	DeadNoRoute    = "no_route"   // no route takes it
	DeadUnreadable = "unreadable" // its source could not read it
	DeadPanic      = "panic"      // the code of a stage or sink panicked
)

func (s *step) newCounts() stepCounts {
	stats, at := s.flow.pipeline.stats, s.owner()
	c := stepCounts{retried: stats.engineCounter(at, CountRetried, ""), returned: stats.engineCounter(at, CountReturned, ""), dead: map[string]*Counter{}}
	for _, reason := range s.reasons() {
		c.dead[reason] = stats.engineCounter(at, CountDead, reason)
	}
	return c
}

// reasons are those that the step may have. All of them are counted from the start: what
// goes from nothing to 1 is no increase to those who watch.
func (s *step) reasons() []string {
	switch {
	case s.policy.last:
		return nil
	case s.sink:
		return []string{DeadRejected, DeadGivenUp, DeadPanic}
	case s.name == sourceStep:
		return []string{DeadUnreadable}
	case s.name == endStep:
		return []string{DeadNoRoute}
	}
	return []string{DeadRejected, DeadGivenUp, DeadNoRoute, DeadPanic}
}

// buried counts a dead letter.
func (c *stepCounts) buried(f *failure) {
	reason := DeadRejected
	var p *panicked
	switch {
	case f.givenUp:
		reason = DeadGivenUp
	case errors.As(f.err, &p):
		reason = DeadPanic
	case errors.Is(f.err, ErrNoRoute):
		reason = DeadNoRoute
	case c.dead[DeadUnreadable] != nil:
		reason = DeadUnreadable
	}
	if n := c.dead[reason]; n != nil {
		n.Inc()
	}
}
