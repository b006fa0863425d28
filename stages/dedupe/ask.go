package dedupe

import (
	"fmt"

	"github.com/leat-io/leat/pipeline"
)

// answer is what a store has said to a claim.
type answer struct {
	known   bool
	verdict pipeline.Verdict
	err     error
}

// ask has an event go on once its store has answered. It returns false when the answer
// has to be waited for.
func (s *stage) ask(e entrant) (later bool) {
	if s.asks == nil {
		return false
	}
	returned := false
	defer func() {
		if !returned { // the store panics
			s.inProgress.leave(e.id, false)
		}
	}()
	q := &question{entrant: e}
	later = pipeline.LaterIn(e.ctx, &q.pending) && s.asks.ClaimLater(e.ctx, e.id, q.answered)
	returned = true
	return later
}

// question is an event that waits for an answer without a goroutine.
type question struct {
	entrant
	pending pipeline.Pending
	answer  answer
}

func (q *question) answered(c *pipeline.Convoy, v pipeline.Verdict, err error) {
	if err != nil {
		err = fmt.Errorf("claim: %w", err)
	}
	q.answer = answer{err != nil || v != pipeline.Elsewhere, v, err} // where it is elsewhere, it is asked for as long as that lasts
	c.Add(&q.pending, q)
}

// GoOn implements [pipeline.Rest].
func (q *question) GoOn() error { return q.stage.goOn(q.entrant, q.answer) }
