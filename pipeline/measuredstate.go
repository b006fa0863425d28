package pipeline

import (
	"context"
	"time"
)

// Names of the calls of a state store that are timed. What a store puts together into one
// round trip counts as often as it was called.
const (
	TimeClaim   = "claim"
	TimeCommit  = "commit"
	TimeRelease = "release"
	TimeLast    = "last"

	// TimeRoundTrip is what a store calls the way to its server and back.
	TimeRoundTrip = "round_trip"
)

func (env *Env) measuredClaims(c Claims) Claims {
	if !env.pipeline.measure {
		return c
	}
	m := measuredClaims{c, env.Clock, env.stateTiming(TimeClaim), env.stateTiming(TimeCommit), env.stateTiming(TimeRelease)}
	switch c := c.(type) {
	case ClaimsLater:
		return measuredAsks{measuredLater{m, c}, c}
	case CommitsLater:
		return measuredLater{m, c}
	}
	return m
}

func (env *Env) measuredTimes(t Times) Times {
	if !env.pipeline.measure {
		return t
	}
	return measuredTimes{t, env.Clock, env.stateTiming(TimeLast)}
}

func (env *Env) stateTiming(call string) *Timing {
	return env.pipeline.stats.timing(Owner{Kind: KindState, Flow: env.Flow, Part: env.Name}, call, stepScale)
}

// measuredClaims times the calls of a store. One that is quick stays it.
type measuredClaims struct {
	Claims
	clock                  Clock
	claim, commit, release *Timing
}

func (m measuredClaims) Quick() bool { return IsQuick(m.Claims) }

func (m measuredClaims) Claim(ctx context.Context, id Digest) (v Verdict, err error) {
	defer m.claim.since(m.clock, m.clock.Now(), &err)
	return m.Claims.Claim(ctx, id)
}

func (m measuredClaims) Commit(ctx context.Context, id Digest, ttl time.Duration, o Outcome) (err error) {
	defer m.commit.since(m.clock, m.clock.Now(), &err)
	return m.Claims.Commit(ctx, id, ttl, o)
}

func (m measuredClaims) Release(ctx context.Context, id Digest) (err error) {
	defer m.release.since(m.clock, m.clock.Now(), &err)
	return m.Claims.Release(ctx, id)
}

// measuredLater is measuredClaims of a store that says later what it has recorded.
type measuredLater struct {
	measuredClaims
	later CommitsLater
}

func (m measuredLater) CommitLater(id Digest, ttl time.Duration, o Outcome, done func(error)) {
	begun := m.clock.Now()
	m.later.CommitLater(id, ttl, o, func(err error) {
		m.commit.since(m.clock, begun, &err)
		done(err)
	})
}

// measuredAsks is the same of a store that says later what is claimed too.
type measuredAsks struct {
	measuredLater
	asks ClaimsLater
}

func (m measuredAsks) ClaimLater(ctx context.Context, id Digest, done func(*Convoy, Verdict, error)) bool {
	begun := m.clock.Now()
	return m.asks.ClaimLater(ctx, id, func(c *Convoy, v Verdict, err error) {
		m.claim.since(m.clock, begun, &err)
		done(c, v, err)
	})
}

// measuredTimes times the calls of a store that wait.
type measuredTimes struct {
	Times
	clock Clock
	last  *Timing
}

func (m measuredTimes) Quick() bool { return IsQuick(m.Times) }

func (m measuredTimes) Last(ctx context.Context, key string) (t time.Time, earlier bool, err error) {
	defer m.last.since(m.clock, m.clock.Now(), &err)
	return m.Times.Last(ctx, key)
}

func (t *Timing) since(c Clock, begun time.Time, err *error) {
	t.Observe(c.Now().Sub(begun))
	if *err != nil {
		t.Fail()
	}
}
