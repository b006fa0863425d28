package redis

import (
	"context"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/pipeline"
)

// The server has carried out the command, and its answer is lost with the connection: it
// is sent again and finds its own work.
func TestLostAnswersAreNotMistaken(t *testing.T) {
	server := testservers.StartRedis(t)
	p := newProxy(t, server.Address())
	cut := newReplicas(t, p.url())
	s, other := cut.start(), opened(t, server.URL(), cut.prefix, pipeline.System)

	lose := func() { p.cuts.Store(1) }
	lose()
	s.claims(t, "1", pipeline.Claimed)
	lose()
	s.commits(t, "1")
	s.claims(t, "1", pipeline.Delivered)
	if n := s.lost.Value(); n != 0 {
		t.Errorf("%d claims seem to be somebody else's", n)
	}
	s.claims(t, "2", pipeline.Claimed)
	lose()
	s.releases(t, "2")
	other.claims(t, "2", pipeline.Claimed)

	other.claims(t, "3", pipeline.Claimed)
	other.die()
	other.expire(t)
	lose() // of the takeover, or of one of the commands before it
	s.claims(t, "3", pipeline.Claimed)
	if p.cuts.Load() > 0 {
		t.Error("nothing was cut")
	}
}

// While Redis is away nothing is claimed, so nothing is delivered; afterwards everything
// goes on.
func TestNothingIsClaimedWhileRedisIsAway(t *testing.T) {
	server := testservers.StartRedis(t)
	s := newReplicas(t, server.URL()).start()
	server.Pause()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if v, err := s.Claims("f/dedupe").Claim(ctx, pipeline.DigestOf("1")); err == nil || v != pipeline.Unsure {
		t.Errorf("%v, %v", v, err)
	}
	server.Resume()
	s.claims(t, "1", pipeline.Claimed)
}

// What Redis has forgotten is delivered again, and nothing is lost.
func TestARedisThatHasForgottenEverything(t *testing.T) {
	server := testservers.StartRedis(t)
	all := newReplicas(t, server.URL())
	s, other := all.start(), all.start()
	s.claims(t, "1", pipeline.Claimed)
	s.commits(t, "1")
	s.claims(t, "2", pipeline.Claimed)
	server.Kill()
	server.Start()
	s.session.renew()
	other.session.renew()
	other.claims(t, "1", pipeline.Claimed)
	s.commits(t, "2")
	other.claims(t, "2", pipeline.Earlier)
}

// A replica that takes over from its master may not have everything: what it lacks is
// delivered again.
func TestAFailoverToAReplicaThatLags(t *testing.T) {
	master, lagging := testservers.StartRedis(t), testservers.StartRedis(t)
	p := newProxy(t, master.Address())
	all := newReplicas(t, p.url())
	s, other := all.start(), all.start()
	s.claims(t, "1", pipeline.Claimed)
	s.commits(t, "1")
	s.claims(t, "2", pipeline.Claimed)
	p.failOver(lagging.Address())
	s.session.renew()
	other.session.renew()
	other.claims(t, "1", pipeline.Claimed)
	other.claims(t, "2", pipeline.Claimed)
	s.claims(t, "2", pipeline.Elsewhere) // which is what a doubtful turn asks
}

func TestWhatRedisEvictsIsDeliveredAgain(t *testing.T) {
	all := newReplicas(t, testservers.RedisURL(t))
	s, other := all.start(), all.start()
	s.claims(t, "1", pipeline.Claimed)
	s.commits(t, "1")
	key := s.Claims("f/dedupe").(*claims).key(pipeline.DigestOf("1"))
	if n, err := s.client.Del(t.Context(), key).Result(); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	other.claims(t, "1", pipeline.Claimed)
}

func TestScriptsAreSentAgainWhenTheServerHasLostThem(t *testing.T) {
	all := newReplicas(t, testservers.RedisURL(t))
	s, other := all.start(), all.start()
	forget := func() {
		if err := s.client.ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
	}
	s.claims(t, "1", pipeline.Claimed)
	forget()
	s.releases(t, "1")
	other.claims(t, "1", pipeline.Claimed)
	other.die()
	other.expire(t)
	forget()
	s.claims(t, "1", pipeline.Claimed)
}
