package statetest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/leat-io/leat/pipeline"
)

func (s Subject) unknownIsClaimed(t *testing.T) {
	b := s.start(t)
	b.claims("a", "1", pipeline.Claimed)
	b.claims("a", "1", pipeline.Claimed) // the stage keeps copies in progress apart
}

func (s Subject) settledIsDelivered(t *testing.T) {
	b := s.start(t)
	b.claims("a", "1", pipeline.Claimed)
	b.commit("a", "1", pipeline.OutcomeDelivered)
	b.claims("a", "1", pipeline.Delivered)
	b.claims("a", "2", pipeline.Claimed)
}

func (s Subject) deadIsDelivered(t *testing.T) {
	b := s.start(t)
	b.commit("a", "1", pipeline.OutcomeDead)
	b.claims("a", "1", pipeline.Delivered)
}

func (s Subject) releasedIsClaimed(t *testing.T) {
	b := s.start(t)
	b.claims("a", "1", pipeline.Claimed)
	if err := b.state.Claims("a").Release(t.Context(), pipeline.DigestOf("1")); err != nil {
		t.Fatal(err)
	}
	b.claims("a", "1", pipeline.Claimed)
}

func (s Subject) spacesAreApart(t *testing.T) {
	b := s.start(t)
	b.commit("a", "1", pipeline.OutcomeDelivered)
	b.claims("a/b", "1", pipeline.Claimed)
	b.claims("", "1", pipeline.Claimed)
	b.commit("", "1", pipeline.OutcomeDelivered)
	b.claims("", "1", pipeline.Delivered)
}

func (s Subject) ttlPasses(t *testing.T) {
	b := s.start(t)
	b.commit("a", "1", pipeline.OutcomeDelivered)
	b.pass(TTL - 1)
	b.claims("a", "1", pipeline.Delivered)
	b.pass(1 + Slack)
	b.claims("a", "1", pipeline.Claimed)
	b.commit("a", "1", pipeline.OutcomeDelivered)
	b.claims("a", "1", pipeline.Delivered)
}

func (s Subject) ttlIsExtended(t *testing.T) {
	b := s.start(t)
	b.commit("a", "1", pipeline.OutcomeDelivered)
	b.pass(TTL / 2)
	b.commit("a", "1", pipeline.OutcomeDelivered)
	for range 3 {
		b.pass(TTL / 6)
		b.commit("a", "other", pipeline.OutcomeDelivered)
	}
	b.pass(TTL/2 - TTL/6*3 + TTL/4)
	b.claims("a", "1", pipeline.Delivered)
}

func (s Subject) manyAtOnce(t *testing.T) {
	const callers, each = 500, 8
	b := s.start(t)
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			claims := b.state.Claims("a")
			for j := range each {
				id := pipeline.DigestOf(fmt.Sprint(i, j))
				if v, err := claims.Claim(t.Context(), id); v != pipeline.Claimed || err != nil {
					t.Error("claim:", v, err)
				}
				if err := claims.Commit(t.Context(), id, TTL, pipeline.OutcomeDelivered); err != nil {
					t.Error("commit:", err)
				}
				if v, err := claims.Claim(t.Context(), id); v != pipeline.Delivered || err != nil {
					t.Error("claim after commit:", v, err)
				}
			}
		})
	}
	all.Wait()
	for i := range callers {
		b.claims("a", fmt.Sprint(i, each-1), pipeline.Delivered)
	}
}
