package spapi

import (
	"context"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// Amazon allows an app this many calls of each operation for each seller.
const (
	interval = time.Second
	burst    = 5
)

// pace keeps calls within what Amazon allows, for it counts those it refuses too.
type pace struct {
	clock pipeline.Clock
	next  map[string]time.Time // when the calls made so far are worked off
}

// wait returns when the call can be made.
func (p *pace) wait(ctx context.Context, q call) error {
	key := q.operation + " " + q.who.refreshToken.Reveal()
	now, at := p.clock.Now(), p.next[key]
	if at.Before(now) {
		at = now
	}
	p.next[key] = at.Add(interval)
	if !pipeline.Sleep(ctx, p.clock, at.Sub(now)-(burst-1)*interval, nil) {
		return ctx.Err()
	}
	return nil
}
