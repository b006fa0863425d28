package turnstile

import (
	"testing"
	"time"

	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/pipeline"
)

// TestNobodyIsGivenUpBecauseRedisWasAway: after an outage all sessions look as if they
// were over for long, until each has given a sign of life.
func TestNobodyIsGivenUpBecauseRedisWasAway(t *testing.T) {
	url := testservers.RedisURL(t)
	settings := func(o *Options) { o.Grace, o.SessionTTL = 100*time.Millisecond, 3*time.Second }
	a, b := newReplica(t, url, settings), newReplica(t, url, settings)
	before := a.put(t, 0, 0*time.Second)
	a.await(t, before)
	before.Done(t.Context(), pipeline.TurnSettled)
	first, second := b.put(t, 1, 1*time.Second), a.put(t, 2, 2*time.Second)
	line := second.(*place).line
	for _, r := range []*replica{a, b} {
		if err := r.client.HSet(t.Context(), line.shard.tag+":s", r.session, 1).Err(); err != nil {
			t.Fatal(err)
		}
	}
	line.shard.wake(line.name) // before b has given a sign of life
	turn := b.await(t, first)
	first.Done(t.Context(), pipeline.TurnSettled)
	if turn.Gap || turn.Late > 0 {
		t.Errorf("%+v: it was given up", turn)
	}
	if turn := a.await(t, second); turn.Gap {
		t.Errorf("%+v: nothing is missing", turn)
	}
	second.Done(t.Context(), pipeline.TurnSettled)
}
