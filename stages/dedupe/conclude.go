package dedupe

import (
	"context"

	"github.com/leat-io/leat/pipeline"
)

// conclude records what became of an event that was claimed, and ends its progress.
func (s *stage) conclude(ctx context.Context, id pipeline.Digest, err error) (out error) {
	settled := false
	defer func() {
		if out != pipeline.ErrLater {
			s.inProgress.leave(id, settled)
		}
	}()
	if err != nil {
		return s.release(ctx, id, err)
	}
	outcome := pipeline.OutcomeDelivered
	if pipeline.DeadLettered(ctx) {
		outcome = pipeline.OutcomeDead
	}
	switch {
	case s.commitLater(ctx, id, outcome):
		return pipeline.ErrLater
	case s.quick:
		err = s.commitNow(ctx, id, outcome)
	default:
		err = s.commit(ctx, id, outcome)
	}
	settled = err == nil
	return err
}

// release gives the claim of an event back that has failed. It does not wait for a store
// that others share, as it may be called by who settles many events.
func (s *stage) release(ctx context.Context, id pipeline.Digest, why error) error {
	if s.asks != nil {
		if p := pipeline.Later(ctx); p != nil {
			alone := &pipeline.Convoy{}
			alone.Add(p, failed{s, ctx, id, why})
			alone.Go()
			return pipeline.ErrLater
		}
	}
	_ = s.claims.Release(ctx, id) // a claim that stays ends with this process
	return why
}

// failed is an event that has to give its claim back.
type failed struct {
	stage *stage
	ctx   context.Context
	id    pipeline.Digest
	why   error
}

// GoOn implements [pipeline.Rest].
func (f failed) GoOn() error {
	defer f.stage.inProgress.leave(f.id, false)
	_ = f.stage.claims.Release(f.ctx, f.id)
	return f.why
}
