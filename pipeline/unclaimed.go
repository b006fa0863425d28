package pipeline

import (
	"context"
	"fmt"
	"time"
)

// unclaimed remembers dead letters of events that fail before they reach a
// dedupe, which could tell their copies: a line that cannot be read is put among
// the dead letters once, however often it comes. Such an event goes by what its
// source calls it.
type unclaimed struct {
	claims Claims
	ttl    time.Duration
	copies *Counter
}

// newUnclaimed also returns the index of the flow's dedupe. It returns nil for a
// flow without one, where copies are welcome.
func (f *flow) newUnclaimed() (*unclaimed, int) {
	for i, s := range f.stages {
		if s.traits.Dedupes {
			return &unclaimed{
				claims: f.pipeline.state.Claims(f.name + "/dead letters"), ttl: s.traits.Remembers,
				copies: f.pipeline.stats.counter(f.name, "on_error", CountEarlier),
			}, i
		}
	}
	return nil, 0
}

func (u *unclaimed) digest(e *Event) Digest {
	return DigestOf(fmt.Sprintf("%s#%x", e.source, e.Seq.Child))
}

// known reports whether the event's dead letter was written before. A state store
// that cannot be asked only costs a second letter.
func (u *unclaimed) known(ctx context.Context, e *Event) bool {
	if e.source == "" {
		return false
	}
	verdict, err := u.claims.Claim(ctx, u.digest(e))
	if err != nil || verdict == Claimed {
		return false
	}
	u.copies.Inc()
	return true
}

func (u *unclaimed) remember(ctx context.Context, e *Event) {
	Yield(ctx)
	_ = u.claims.Commit(context.WithoutCancel(ctx), u.digest(e), u.ttl, OutcomeDead)
}
