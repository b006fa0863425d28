package memory

import (
	"context"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// shards is how many parts the ids of a space are spread over, so that
// concurrent events seldom wait for each other's lock.
const shards = 64

// claims remembers which events were settled. What is in progress needs no
// memory here: the stage keeps copies in this process apart, and there is no
// other process.
type claims struct {
	clock  pipeline.Clock
	shards [shards]shard
}

func newClaims(clock pipeline.Clock) *claims {
	c := &claims{clock: clock}
	for i := range c.shards {
		c.shards[i].expires = map[pipeline.Digest]int64{}
	}
	return c
}

// Claim answers Delivered for an event that was settled, as delivered or as a
// dead letter, and is still remembered; any other is the caller's to deliver.
func (c *claims) Claim(_ context.Context, id pipeline.Digest) (pipeline.Verdict, error) {
	expires, known := c.shard(id).find(id)
	if known && c.clock.Now().UnixNano() < expires {
		return pipeline.Delivered, nil
	}
	return pipeline.Claimed, nil
}

// Commit remembers that the event is settled, until ttl has passed.
func (c *claims) Commit(_ context.Context, id pipeline.Digest, ttl time.Duration, _ pipeline.Outcome) error {
	c.shard(id).put(id, ttl, c.clock.Now().UnixNano())
	return nil
}

// Quick implements [pipeline.Quick]: a map waits for nothing.
func (c *claims) Quick() bool { return true }

// Release has nothing to give back: the event was not remembered.
func (c *claims) Release(context.Context, pipeline.Digest) error { return nil }

func (c *claims) shard(id pipeline.Digest) *shard { return &c.shards[id[0]%shards] }
