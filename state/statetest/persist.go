package statetest

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/leat-io/leat/pipeline"
)

func (s Subject) earlierEvents(t *testing.T) {
	b := s.start(t)
	b.claims("a", "in progress", pipeline.Claimed)
	b.commit("a", "1", pipeline.OutcomeDelivered)
	b.commit("a", "dead", pipeline.OutcomeDead)
	b.shut()
	b.open()
	b.claims("a", "in progress", pipeline.Claimed)
	b.claims("a", "1", pipeline.Earlier)
	b.claims("a", "dead", pipeline.Earlier)
	b.claims("b", "1", pipeline.Claimed)
	b.commit("a", "1", pipeline.OutcomeDelivered)
	b.claims("a", "1", pipeline.Delivered)
	b.pass(TTL + Slack)
	b.claims("a", "dead", pipeline.Claimed)
}

func (s Subject) earlierTimes(t *testing.T) {
	b := s.start(t)
	at := b.clock.Now()
	b.state.Times("a").Save("k", at)
	b.shut()
	b.open()
	b.last("a", "k", at, true)
	b.state.Times("a").Save("k", at.Add(time.Second))
	b.last("a", "k", at.Add(time.Second), false)
	b.shut()
	b.open()
	b.last("a", "k", at.Add(time.Second), true)
}

func (s Subject) closedFails(t *testing.T) {
	b := s.start(t)
	claims, times, id := b.state.Claims("a"), b.state.Times("a"), pipeline.DigestOf("1")
	b.shut()
	if v, err := claims.Claim(t.Context(), id); v != pipeline.Unsure || err == nil {
		t.Error("claim:", v, err)
	}
	if err := claims.Commit(t.Context(), id, TTL, pipeline.OutcomeDelivered); err == nil {
		t.Error("commit succeeded")
	}
	if err := claims.Release(t.Context(), id); err == nil {
		t.Error("release succeeded")
	}
	if _, _, err := times.Last(t.Context(), "k"); err == nil {
		t.Error("last succeeded")
	}
	times.Save("k", b.clock.Now())
}

func (s Subject) leavesNothing(t *testing.T) {
	before := goleak.IgnoreCurrent()
	b := s.start(t)
	b.commit("a", "1", pipeline.OutcomeDelivered)
	b.state.Times("a").Save("k", b.clock.Now())
	b.shut()
	goleak.VerifyNone(t, before)
}
