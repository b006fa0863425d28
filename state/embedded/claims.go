package embedded

import (
	"context"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// claims remembers which events were settled. A claim is not written: the file
// belongs to this process alone and the stage keeps copies within it apart, so
// an event that is not in the file is free.
type claims struct {
	store *store
	table *table
}

// Claim answers Delivered or Earlier for an event that is in the file, as
// delivered or as a dead letter; any other is the caller's to deliver.
func (c *claims) Claim(_ context.Context, id pipeline.Digest) (pipeline.Verdict, error) {
	db, err := c.store.file()
	if err != nil {
		return pipeline.Unsure, err
	}
	value, err := c.table.find(db, id, c.store.clock)
	switch {
	case err != nil:
		return pipeline.Unsure, wrap("read", c.store.path, err)
	case value == nil:
		return pipeline.Claimed, nil
	case runOf(value) == c.store.run:
		return pipeline.Delivered, nil
	}
	return pipeline.Earlier, nil
}

// Commit records that the event is settled. It returns nil only when the record
// is on the disk. When ctx ends before the writer has begun with the record,
// Commit fails, and the record is still written: the event is settled.
func (c *claims) Commit(ctx context.Context, id pipeline.Digest, ttl time.Duration, o pipeline.Outcome) error {
	b, err := c.add(id, ttl, o, nil)
	if err != nil {
		return err
	}
	return c.store.queue.wait(ctx, b)
}

// CommitLater implements [pipeline.CommitsLater]. A context that could end before the
// record is on the disk there is none.
func (c *claims) CommitLater(id pipeline.Digest, ttl time.Duration, o pipeline.Outcome, done func(error)) {
	if _, err := c.add(id, ttl, o, done); err != nil {
		go done(err)
	}
}

func (c *claims) add(id pipeline.Digest, ttl time.Duration, o pipeline.Outcome, done func(error)) (*batch, error) {
	if _, err := c.store.file(); err != nil {
		return nil, err
	}
	return c.store.queue.add(record{
		table: c.table,
		end:   segmentEnd(c.store.clock.Now(), ttl),
		key:   id,
		value: claimValue(c.store.run, o),
	}, done)
}

// Release has nothing to give back: the claim was not written.
func (c *claims) Release(context.Context, pipeline.Digest) error {
	_, err := c.store.file()
	return err
}
