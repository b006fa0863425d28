package redis

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/pipeline"
)

// replicas are stores of processes that share a server, and a prefix of this test.
type replicas struct {
	t           *testing.T
	url, prefix string
}

func newReplicas(t *testing.T, url string) replicas {
	return replicas{t, url, fmt.Sprint("test:", t.Name(), ":", time.Now().UnixNano())}
}

func (r replicas) start() *store {
	r.t.Helper()
	return opened(r.t, r.url, r.prefix, pipeline.System)
}

// die has a store fall silent, as that of a process that was killed.
func (s *store) die() {
	s.session.mu.Lock()
	defer s.session.mu.Unlock()
	s.session.ended = true
	s.session.timer.Stop()
}

// expire lets the time pass after which nobody believes any more that s lives.
func (s *store) expire(t *testing.T) {
	t.Helper()
	if err := s.client.Del(t.Context(), s.session.key(*s.session.name.Load())).Err(); err != nil {
		t.Fatal(err)
	}
}

func (s *store) claims(t *testing.T, id string, want pipeline.Verdict) {
	t.Helper()
	got, err := s.Claims("f/dedupe").Claim(t.Context(), pipeline.DigestOf(id))
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("the claim on %s: %v, want %v", id, got, want)
	}
}

func (s *store) commits(t *testing.T, id string) {
	t.Helper()
	if err := s.Claims("f/dedupe").Commit(t.Context(), pipeline.DigestOf(id), time.Hour, pipeline.OutcomeDelivered); err != nil {
		t.Fatal(err)
	}
}

func (s *store) releases(t *testing.T, id string) {
	t.Helper()
	if err := s.Claims("f/dedupe").Release(t.Context(), pipeline.DigestOf(id)); err != nil {
		t.Fatal(err)
	}
}

// TestAProcessMayDieAtAnyStep kills a process before and after each step of the dedupe
// stage. What the next one makes of the copy that its source gives to it decides whether
// the event is lost: it must be claimed unless it was delivered.
func TestAProcessMayDieAtAnyStep(t *testing.T) {
	steps := []struct {
		name string
		do   func(s *store, t *testing.T)
		next pipeline.Verdict // once nobody believes any more that it lives
		soon pipeline.Verdict // before
	}{
		{"before the claim", func(*store, *testing.T) {}, pipeline.Claimed, pipeline.Claimed},
		{"after the claim, or during the delivery", func(s *store, t *testing.T) { s.claims(t, "1", pipeline.Claimed) }, pipeline.Claimed, pipeline.Elsewhere},
		{"after the release", func(s *store, t *testing.T) { s.claims(t, "1", pipeline.Claimed); s.releases(t, "1") }, pipeline.Claimed, pipeline.Claimed},
		{"after the commit", func(s *store, t *testing.T) { s.claims(t, "1", pipeline.Claimed); s.commits(t, "1") }, pipeline.Earlier, pipeline.Earlier},
	}
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			all := newReplicas(t, testservers.RedisURL(t))
			dying := all.start()
			step.do(dying, t)
			dying.die()
			all.start().claims(t, "1", step.soon)
			if step.soon == pipeline.Elsewhere {
				dying.expire(t)
				time.Sleep(believed) // for so long it is not looked for again
				all.start().claims(t, "1", step.next)
			}
		})
	}
}

func TestOneOfManyInheritsWhatADeadProcessHadClaimed(t *testing.T) {
	all := newReplicas(t, testservers.RedisURL(t))
	dead := all.start()
	const events, heirs = 50, 20
	for n := range events {
		dead.claims(t, fmt.Sprint(n), pipeline.Claimed)
	}
	dead.die()
	dead.expire(t)
	var won [events]atomic.Int32
	var racing sync.WaitGroup
	for range heirs {
		s := all.start()
		for n := range events {
			racing.Go(func() {
				v, err := s.Claims("f/dedupe").Claim(t.Context(), pipeline.DigestOf(fmt.Sprint(n)))
				if err != nil {
					t.Error(err)
				}
				if v == pipeline.Claimed {
					won[n].Add(1)
				}
			})
		}
	}
	racing.Wait()
	for n := range won {
		if got := won[n].Load(); got != 1 {
			t.Errorf("event %d was claimed by %d processes", n, got)
		}
	}
}
