package redis

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leat-io/leat/internal/coalesce"
	"github.com/leat-io/leat/pipeline"
)

// ClaimLater implements [pipeline.ClaimsLater]. What needs more than one round trip is
// left to Claim: a claim that stands in the way, a session that may be over, something
// that is owed.
func (c *claims) ClaimLater(ctx context.Context, id pipeline.Digest, done func(*pipeline.Convoy, pipeline.Verdict, error)) bool {
	if c.store.owed.any() || !c.store.session.lasts() {
		return false
	}
	key, ours := c.key(id), *c.store.session.name.Load()
	set := c.claiming(context.Background(), key, ours)
	return c.store.pipe.Start([]redis.Cmder{set}, ctx.Done(), func(err error, sent *coalesce.Batch) {
		if errors.Is(err, coalesce.ErrStopped) {
			done(convoyOf(sent), pipeline.Unsure, err)
			return
		}
		if err = result(set, err); err != nil {
			go c.notClaimed(key, ours, err, done)
			return
		}
		verdict, known := standing(set.Val(), ours)
		if !known || *c.store.session.name.Load() != ours { // that session is over: the claim is to be made anew
			verdict = pipeline.Elsewhere
		}
		done(convoyOf(sent), verdict, nil)
	}) == nil
}

// notClaimed runs in a goroutine of its own: what is owed is noted only when nobody pays,
// which waits for a round trip.
func (c *claims) notClaimed(key, ours string, err error, done func(*pipeline.Convoy, pipeline.Verdict, error)) {
	alone := &pipeline.Convoy{}
	done(alone, pipeline.Unsure, c.claimFailed(key, ours, err))
	alone.Go()
}

// convoyOf is the events that were answered with one round trip.
func convoyOf(sent *coalesce.Batch) *pipeline.Convoy {
	if sent.Value == nil {
		together := &pipeline.Convoy{}
		sent.Value, sent.AtEnd = together, together.Go
	}
	return sent.Value.(*pipeline.Convoy)
}

// CommitLater implements [pipeline.CommitsLater].
func (c *claims) CommitLater(id pipeline.Digest, ttl time.Duration, o pipeline.Outcome, done func(error)) {
	if c.store.owed.any() || !c.commitSoon(id, ttl, o, done) {
		go func() { done(c.Commit(context.Background(), id, ttl, o)) }()
	}
}

// commitSoon returns false, without calling done, when the commit has to be waited for.
func (c *claims) commitSoon(id pipeline.Digest, ttl time.Duration, o pipeline.Outcome, done func(error)) bool {
	names, all, ok := c.store.saves.takeNow(context.Background())
	if !ok {
		return false
	}
	key, ours := c.key(id), *c.store.session.name.Load()
	set := c.committing(context.Background(), key, ours, ttl, o)
	all = append(all, set)
	err := c.store.pipe.Start(all, nil, func(err error, _ *coalesce.Batch) {
		c.store.saves.done(names, all, err)
		if err = result(set, err); err != nil {
			go func() { done(c.commitFailed(key, ours, ttl, o, err)) }()
			return
		}
		c.countLost(set.Val(), ours)
		done(nil)
	})
	if err != nil {
		c.store.saves.done(names, all, err)
	}
	return err == nil
}

// result is the error of a command that was sent. That there is nothing under a key is none.
func result(c redis.Cmder, sent error) error {
	if sent != nil {
		return sent
	}
	if err := c.Err(); !errors.Is(err, redis.Nil) {
		return err
	}
	return nil
}
