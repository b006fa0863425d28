package dedupe

import (
	"context"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// commit records a settled event. While the store cannot, the event is held
// with its claim, for the source must not forget it before copies of it can be
// told; when the flow stops meanwhile the event goes back, and may be delivered
// once more.
func (s *stage) commit(ctx context.Context, id pipeline.Digest, o pipeline.Outcome) error {
	if !s.quick {
		pipeline.Yield(ctx)
	}
	pause := firstPause
	for {
		err := s.claims.Commit(ctx, id, s.config.TTL, o)
		if err == nil || s.config.OnStateError == deliver {
			return nil
		}
		s.log.Warn("event is delivered, but the state store cannot record it; trying again", "error", err)
		if !pipeline.Sleep(ctx, s.clock, pause, heldUnderWay(ctx)) {
			return pipeline.ErrReturned
		}
		pause = min(2*pause, longestPause)
	}
}

// commitLater is commit for a store that says later what it has recorded. It returns
// false when the event has to wait for it.
func (s *stage) commitLater(ctx context.Context, id pipeline.Digest, o pipeline.Outcome) bool {
	if s.later == nil {
		return false
	}
	p := pipeline.Later(ctx)
	if p == nil {
		return false
	}
	s.later.CommitLater(id, s.config.TTL, o, func(err error) {
		if err == nil || s.config.OnStateError == deliver {
			s.inProgress.leave(id, true)
			p.Settle(nil)
			return
		}
		s.commitAgain(ctx, p, id, o)
	})
	return true
}

// commitNow is commit for a store that waits for nothing. It does not wait either when the
// store fails, as it may be called by who settles many events one after another.
func (s *stage) commitNow(ctx context.Context, id pipeline.Digest, o pipeline.Outcome) error {
	err := s.claims.Commit(ctx, id, s.config.TTL, o)
	if err == nil || s.config.OnStateError == deliver {
		return nil
	}
	p := pipeline.Later(ctx)
	if p == nil {
		return s.commit(ctx, id, o)
	}
	s.commitAgain(ctx, p, id, o)
	return pipeline.ErrLater
}

// commitAgain has an event wait elsewhere until it is recorded.
func (s *stage) commitAgain(ctx context.Context, p *pipeline.Pending, id pipeline.Digest, o pipeline.Outcome) {
	again := &pipeline.Convoy{}
	again.Add(p, unrecorded{s, ctx, id, o})
	again.Go()
}

// unrecorded is an event that the store could not record.
type unrecorded struct {
	stage *stage
	ctx   context.Context
	id    pipeline.Digest
	as    pipeline.Outcome
}

// GoOn implements [pipeline.Rest].
func (u unrecorded) GoOn() error {
	err := u.stage.commit(u.ctx, u.id, u.as)
	u.stage.inProgress.leave(u.id, err == nil)
	return err
}

// heldUnderWay has the event count against max_held too, while it waits for no other one.
func heldUnderWay(ctx context.Context) (giveBack <-chan struct{}) {
	hold := pipeline.NewHold(ctx)
	hold.End()
	return hold.Begin()
}

const (
	firstPause   = 200 * time.Millisecond
	longestPause = 30 * time.Second
)
