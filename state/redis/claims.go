package redis

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leat-io/leat/internal/redisapi"
	"github.com/leat-io/leat/pipeline"
)

// claims is a key for each event: c and the session while it is claimed, d or x (see
// [pipeline.Outcome]) and the session that settled it from then on.
type claims struct {
	store  *store
	prefix string
}

// A claim lasts as long as its session does. claimTTL only has Redis forget in the end
// what nobody came back to; it is longer than anything is held.
const (
	claimTTL = 14 * 24 * time.Hour
	claimed  = 'c'
)

func (c *claims) key(id pipeline.Digest) string {
	return c.prefix + base64.RawURLEncoding.EncodeToString(id[:])
}

// Claim claims the event with a single command, unless somebody else's claim stands in
// the way. The command may be carried out twice, when its answer is lost with its
// connection: it is then answered with our own claim.
func (c *claims) Claim(ctx context.Context, id pipeline.Digest) (pipeline.Verdict, error) {
	pipeline.Yield(ctx)
	key := c.key(id)
	ours, err := c.store.session.current(ctx)
	if err != nil {
		return pipeline.Unsure, c.store.wrap("claim", err)
	}
	c.store.owed.forgive(key)
	set := c.claiming(ctx, key, ours)
	if err := c.store.do(ctx, set); err != nil {
		return pipeline.Unsure, c.claimFailed(key, ours, err)
	}
	return c.judge(ctx, key, set.Val(), ours)
}

func (c *claims) claiming(ctx context.Context, key, ours string) *redis.StringCmd {
	return redis.NewStringCmd(ctx, "set", key, string(claimed)+ours, "nx", "get", "px", claimTTL.Milliseconds())
}

// claimFailed has a claim given back that may be ours.
func (c *claims) claimFailed(key, ours string, err error) error {
	c.store.owed.add(key, func(ctx context.Context) error { return c.release(ctx, key, ours) })
	return c.store.wrap("claim", err)
}

// judge reads what a key held before we tried to claim it.
func (c *claims) judge(ctx context.Context, key, found, ours string) (pipeline.Verdict, error) {
	if verdict, known := standing(found, ours); known {
		return verdict, nil
	}
	lives, err := c.store.session.lives(ctx, found[1:])
	switch {
	case err != nil:
		return pipeline.Unsure, c.store.wrap("look for a session", err)
	case lives:
		return pipeline.Elsewhere, nil
	}
	return c.takeOver(ctx, key, found, ours)
}

// standing reads what needs no other look: known is false where another session has
// claimed the event, which may be over.
func standing(found, ours string) (verdict pipeline.Verdict, known bool) {
	switch {
	case found == "":
		return pipeline.Claimed, true
	case found[0] != claimed && found[1:] == ours:
		return pipeline.Delivered, true
	case found[0] != claimed:
		return pipeline.Earlier, true
	}
	return pipeline.Claimed, found[1:] == ours // copies within this process are kept apart by the stage
}

// takeOver claims what a session that is over had claimed, if it still has it.
var takeOver = redisapi.NewScript(`
local found = redis.call('GET', KEYS[1])
if found and found ~= ARGV[1] then return found end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return ''`)

func (c *claims) takeOver(ctx context.Context, key, dead, ours string) (pipeline.Verdict, error) {
	found, err := takeOver.Run(ctx, c.store.pipe, []string{key}, dead, string(claimed)+ours, claimTTL.Milliseconds())
	if err != nil {
		return pipeline.Unsure, c.store.wrap("take over a claim", err)
	}
	text, _ := found.(string)
	if text != "" && text[0] == claimed && text[1:] != ours {
		return pipeline.Elsewhere, nil // somebody else was faster
	}
	return c.judge(ctx, key, text, ours)
}

// Commit records that the event is settled, whoever holds the claim by now, together
// with the times that were saved before. It may be carried out twice.
func (c *claims) Commit(ctx context.Context, id pipeline.Digest, ttl time.Duration, o pipeline.Outcome) error {
	key, ours := c.key(id), *c.store.session.name.Load()
	c.store.owed.forgive(key)
	set := c.committing(ctx, key, ours, ttl, o)
	if err := c.store.commit(ctx, set); err != nil {
		return c.commitFailed(key, ours, ttl, o, err)
	}
	c.countLost(set.Val(), ours)
	return nil
}

func (c *claims) committing(ctx context.Context, key, ours string, ttl time.Duration, o pipeline.Outcome) *redis.StringCmd {
	return redis.NewStringCmd(ctx, "set", key, string(o)+ours, "get", "px", max(1, ttl.Milliseconds()))
}

// commitFailed has the record made up for.
func (c *claims) commitFailed(key, ours string, ttl time.Duration, o pipeline.Outcome, err error) error {
	c.store.owed.add(key, func(ctx context.Context) error {
		return c.store.do(ctx, c.committing(ctx, key, ours, ttl, o))
	})
	return c.store.wrap("commit", err)
}

// countLost counts an event that another process had claimed when it was settled here.
func (c *claims) countLost(found, ours string) {
	if found != "" && found[0] == claimed && found[1:] != ours {
		c.store.lost.Inc()
	}
}

// release deletes a claim that is ours.
var release = redisapi.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return ''`)

// Release gives the claim back. Should it fail, that is done with a later sign of life.
func (c *claims) Release(ctx context.Context, id pipeline.Digest) error {
	key, ours := c.key(id), *c.store.session.name.Load()
	err := c.release(ctx, key, ours)
	if err != nil {
		c.store.owed.add(key, func(ctx context.Context) error { return c.release(ctx, key, ours) })
	}
	return c.store.wrap("release", err)
}

func (c *claims) release(ctx context.Context, key, ours string) error {
	_, err := release.Run(ctx, c.store.pipe, []string{key}, string(claimed)+ours)
	return err
}

// do has a command carried out. That there is nothing under a key is no error.
func (s *store) do(ctx context.Context, c redis.Cmder) error {
	return result(c, s.pipe.Do(ctx, c))
}
