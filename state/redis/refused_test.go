package redis

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/pipeline"
)

// A password that is changed while connections are lost makes a server that answers, but
// nobody's commands: nothing is claimed or recorded then.
func TestAServerThatRefusesConnectionsHasNotAnswered(t *testing.T) {
	server := testservers.StartRedis(t)
	s := opened(t, server.URL(), "test", pipeline.System)
	c := s.Claims("f/d").(*claims)
	lockOut(t, server.Address())
	answer := make(chan error, 2)
	c.ClaimLater(t.Context(), pipeline.DigestOf("a"), func(_ *pipeline.Convoy, v pipeline.Verdict, err error) {
		if v != pipeline.Unsure {
			t.Errorf("claimed later: %d", v)
		}
		answer <- err
	})
	if err := <-answer; err == nil {
		t.Error("a claim was answered")
	}
	if v, err := c.Claim(t.Context(), pipeline.DigestOf("b")); err == nil || v != pipeline.Unsure {
		t.Errorf("claimed: %d, %v", v, err)
	}
	if err := c.Commit(t.Context(), pipeline.DigestOf("c"), time.Hour, pipeline.OutcomeDelivered); err == nil {
		t.Error("a commit was answered")
	}
	c.CommitLater(pipeline.DigestOf("d"), time.Hour, pipeline.OutcomeDelivered, func(err error) { answer <- err })
	if err := <-answer; err == nil {
		t.Error("a later commit was answered")
	}
	if _, _, err := s.Times("f/r").Last(t.Context(), "key"); err == nil {
		t.Error("a time was answered")
	}
}

// lockOut changes the password of a server and closes the connections of others.
func lockOut(t *testing.T, address string) {
	t.Helper()
	o := redis.NewClient(&redis.Options{Addr: address, PoolSize: 1})
	t.Cleanup(func() { _ = o.Close() })
	if err := o.ConfigSet(t.Context(), "requirepass", "other").Err(); err != nil {
		t.Fatal(err)
	}
	if err := o.Do(t.Context(), "client", "kill", "type", "normal", "skipme", "yes").Err(); err != nil {
		t.Fatal(err)
	}
}
