package reorder

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// defaultGrace is for how long the event of a process that died is waited for where the
// source does not say when it gives such events to others.
const defaultGrace = 30 * time.Second

// joinOthers has the replicas of a pipeline keep order together, where the state store
// can. A source that ends by itself is read by one process alone, and what keeps the
// order of arrival is ordered by its source, which gives all events of a key to one.
func (s *stage) joinOthers(ctx context.Context, env *pipeline.Env) error {
	if s.finite || s.config.By != byTime {
		return nil
	}
	line, ok := env.Turnstile(pipeline.TurnstileOptions{Window: s.config.Window, MaxAhead: s.config.MaxAhead, Grace: s.grace(env)})
	if !ok {
		return nil
	}
	s.turnstile = line
	return line.Open(ctx)
}

// grace is for how long events of a process that died are waited for.
func (s *stage) grace(env *pipeline.Env) time.Duration {
	if s.config.OnDeath == onDeathSkip {
		return 0
	}
	if r := env.Redelivery(); r > 0 {
		return r
	}
	return defaultGrace
}

// handleShared is handle where replicas keep order together.
func (s *stage) handleShared(ctx context.Context, e *pipeline.Event, next pipeline.Handler) error {
	pipeline.Yield(ctx)
	hold := pipeline.NewHold(ctx)
	place, err := s.turnstile.Enter(ctx, pipeline.Entrant{Event: e, Go: hold.End})
	if err != nil {
		return fmt.Errorf("get in line: %w", err)
	}
	turn, err := place.Await(ctx, hold.Begin())
	if err != nil {
		return err
	}
	w := &waiter{event: e, late: turn.Late, gap: turn.Gap, alone: turn.Unordered, overtaken: turn.Overtaken}
	outcome := pipeline.TurnBack // also when the rest of the flow panics
	defer func() {
		if outcome == pipeline.TurnSettled && pipeline.DeadLettered(ctx) {
			outcome = pipeline.TurnDead
		}
		place.Done(ctx, outcome)
	}()
	if turn.Doubtful {
		if ours, err := pipeline.StillClaimed(ctx); err != nil {
			return fmt.Errorf("see whether the event is still ours: %w", err)
		} else if !ours {
			outcome = pipeline.TurnDropped
			return pipeline.ErrReturned
		}
	}
	if goesOn, err := s.judge(w); !goesOn {
		outcome = pipeline.TurnDropped
		return err
	}
	s.markEvent(w)
	e.SetMeta(pipeline.MarkOrderSeq, strconv.FormatInt(turn.Order, 10))
	if err = next(ctx, e); err == nil {
		outcome = pipeline.TurnSettled
	}
	return err
}

// leaveOthers ends what joined this replica to others.
func (s *stage) leaveOthers() error {
	close(s.left)
	switch {
	case s.turnstile != nil:
		return s.turnstile.Close()
	case s.lease != nil:
		return s.lease.Release()
	}
	return nil
}
