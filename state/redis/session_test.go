package redis

import (
	"testing"
	"time"

	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/pipeline"
)

// A process that slept for longer than its session lives finds out that others have what
// it had claimed. What it delivers nevertheless counts as delivered.
func TestAProcessThatWasTakenForDeadLearnsIt(t *testing.T) {
	all := newReplicas(t, testservers.RedisURL(t))
	asleep, awake := all.start(), all.start()
	for _, id := range []string{"1", "2"} {
		asleep.claims(t, id, pipeline.Claimed)
	}
	asleep.expire(t)
	awake.claims(t, "1", pipeline.Claimed)
	awake.claims(t, "2", pipeline.Claimed)
	asleep.claims(t, "1", pipeline.Elsewhere)
	asleep.commits(t, "2")
	if n := asleep.lost.Value(); n != 1 {
		t.Errorf("%d events were delivered without a claim, want 1", n)
	}
	awake.claims(t, "2", pipeline.Earlier)
	name := *asleep.session.name.Load()
	asleep.session.renew()
	if *asleep.session.name.Load() == name {
		t.Error("it goes on under the name of a session that is over")
	}
}

// Claims under the name of a session that is over would be anybody's.
func TestNoClaimIsMadeInASessionThatIsOver(t *testing.T) {
	all := newReplicas(t, testservers.RedisURL(t))
	asleep, awake := all.start(), all.start()
	asleep.expire(t)
	asleep.session.lastsFrom(time.Now().Add(-time.Hour))
	asleep.claims(t, "1", pipeline.Claimed)
	awake.claims(t, "1", pipeline.Elsewhere)
}

// TestClocksOfProcessesDoNotCount: only that of the server does.
func TestClocksOfProcessesDoNotCount(t *testing.T) {
	all := newReplicas(t, testservers.RedisURL(t))
	at := func(d time.Duration) *store {
		return opened(t, all.url, all.prefix, skewed{pipeline.System, d})
	}
	slow, right, fast := at(-48*time.Hour), at(0), at(48*time.Hour)
	slow.claims(t, "1", pipeline.Claimed)
	for _, s := range []*store{right, fast} {
		s.claims(t, "1", pipeline.Elsewhere)
	}
	fast.claims(t, "2", pipeline.Claimed)
	fast.commits(t, "2")
	for _, s := range []*store{slow, right} {
		s.claims(t, "2", pipeline.Earlier)
	}
}

// skewed is a clock that is wrong.
type skewed struct {
	pipeline.Clock
	by time.Duration
}

func (c skewed) Now() time.Time { return c.Clock.Now().Add(c.by) }
