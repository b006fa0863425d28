package statetest

import (
	"context"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// laterState is a store that is asked as those ask that do not wait.
type laterState struct{ pipeline.State }

func (s laterState) Claims(space string) pipeline.Claims {
	return laterClaims{s.State.Claims(space)}
}

type laterClaims struct{ pipeline.Claims }

func (c laterClaims) Claim(ctx context.Context, id pipeline.Digest) (v pipeline.Verdict, err error) {
	asks, ok := c.Claims.(pipeline.ClaimsLater)
	answered := make(chan struct{})
	if !ok || !asks.ClaimLater(ctx, id, func(_ *pipeline.Convoy, verdict pipeline.Verdict, failure error) {
		v, err = verdict, failure
		close(answered)
	}) {
		return c.Claims.Claim(ctx, id)
	}
	if <-answered; err == nil && v == pipeline.Elsewhere {
		return c.Claims.Claim(ctx, id)
	}
	return v, err
}

func (c laterClaims) Commit(_ context.Context, id pipeline.Digest, ttl time.Duration, o pipeline.Outcome) error {
	recorded := make(chan error, 1)
	c.Claims.(pipeline.CommitsLater).CommitLater(id, ttl, o, func(err error) { recorded <- err })
	return <-recorded
}
