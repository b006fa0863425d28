package dedupe

import (
	"context"

	"github.com/leat-io/leat/pipeline"
)

// copied is an event that waits for a copy of it without a goroutine.
type copied struct {
	entrant
	hold     pipeline.Hold
	pending  pipeline.Pending
	returned bool // the flow stops
}

// wait holds the event until the outcome of the copy in progress is known, in its goroutine
// where it may have to go back alone.
func (sh *shard) wait(e entrant, o *outcome) error {
	if pipeline.Lasts(e.ctx) && pipeline.Stopping(e.ctx) == e.stage.stopping {
		return sh.waitLater(e, o)
	}
	return wait(e.ctx, o)
}

func wait(ctx context.Context, o *outcome) error {
	hold := pipeline.NewHold(ctx)
	defer hold.End()
	giveBack := hold.BeginBehind()
	select {
	case <-o.known:
		return nil
	case <-giveBack:
		return pipeline.ErrReturned
	case <-ctx.Done():
		return ctx.Err()
	}
}

// waitLater is wait without a goroutine: the event goes on from GoOn, or is settled with the
// copy in progress.
func (sh *shard) waitLater(e entrant, o *outcome) error {
	c := &copied{entrant: e, hold: pipeline.NewHold(e.ctx)}
	c.hold.BeginBehindLater()
	sh.mu.Lock()
	defer sh.mu.Unlock()
	switch {
	case o.over:
		c.hold.End()
		return nil
	case sh.stops:
		c.hold.End()
		return pipeline.ErrReturned
	}
	pipeline.LaterIn(c.ctx, &c.pending)
	o.copies = append(o.copies, c)
	return pipeline.ErrLater
}

// release has copies go on that wait no longer. One of an event that was settled is over.
func release(copies []*copied, settled bool) {
	var others pipeline.Convoy
	for _, c := range copies {
		c.hold.End()
		if settled {
			c.stage.duplicates.Inc()
			c.pending.Settle(nil)
			continue
		}
		others.Add(&c.pending, c)
	}
	others.Go()
}

// GoOn implements [pipeline.Rest]: the copy in progress has failed, and this one may take its
// place.
func (c *copied) GoOn() error {
	if c.returned {
		return pipeline.ErrReturned
	}
	return c.stage.enter(c.entrant)
}

// returnCopies gives copies back that wait when the flow stops.
func (s *stage) returnCopies() {
	select {
	case <-s.stopping:
	case <-s.left:
		return
	}
	for i := range s.inProgress.shards {
		release(s.inProgress.shards[i].stop(), false)
	}
}

// stop returns the copies that wait.
func (sh *shard) stop() (copies []*copied) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.stops = true
	for _, o := range sh.ids {
		if o == nil {
			continue
		}
		for _, c := range o.copies {
			c.returned = true
		}
		copies, o.copies = append(copies, o.copies...), nil
	}
	return copies
}
