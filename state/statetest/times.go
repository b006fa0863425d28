package statetest

import (
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
)

func (s Subject) lastTime(t *testing.T) {
	b := s.start(t)
	b.last("a", "k", time.Time{}, false)
	at := b.clock.Now().Add(-time.Minute)
	b.state.Times("a").Save("k", at)
	b.state.Times("a").Save("", at.Add(1))
	b.last("a", "k", at, false)
	b.last("a", "", at.Add(1), false)
	b.last("b", "k", time.Time{}, false)
	b.commit("a", "1", pipeline.OutcomeDelivered)
	b.last("a", "k", at, false)
	b.state.Times("a").Save("k", at.Add(-1))
	b.last("a", "k", at.Add(-1), false)
}

func (s Subject) timesPass(t *testing.T) {
	const day = 24 * time.Hour
	b := s.start(t)
	at := b.clock.Now()
	b.state.Times("a").Save("k", at)
	b.state.Times("a").Save("gone", at)
	b.commit("a", "1", pipeline.OutcomeDelivered)
	for range 3 {
		b.pass(6 * day)
		b.last("a", "k", at, false)
		at = at.Add(1)
		b.state.Times("a").Save("k", at)
		b.commit("a", "1", pipeline.OutcomeDelivered)
		b.last("a", "k", at, false)
	}
	b.last("a", "gone", time.Time{}, false)
}
