package redis

import (
	"context"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/pipeline"
)

// standby is a replica that waits for the lease.
func standby(t *testing.T, s *store) (l *lease, got chan bool) {
	t.Helper()
	l, got = s.Lease("f/reorder").(*lease), make(chan bool, 1)
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	go func() {
		if clean, err := l.Acquire(ctx); err == nil {
			got <- clean
		}
	}()
	return l, got
}

func mustGet(t *testing.T, got chan bool, clean bool) {
	t.Helper()
	select {
	case is := <-got:
		if is != clean {
			t.Errorf("the predecessor ended well: %v, want %v", is, clean)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the lease is not had")
	}
}

func TestALeaseIsHeldByOneAtATime(t *testing.T) {
	t.Parallel()
	c := settings(testservers.RedisURL(t), "test:"+t.Name())
	c.SessionTTL = 3 * time.Second
	a, b := openedWith(t, c, pipeline.System), openedWith(t, c, pipeline.System)
	first, got := standby(t, a)
	mustGet(t, got, false) // Redis knows nothing of it, or no more
	second, waiting := standby(t, b)
	select {
	case <-waiting:
		t.Fatal("two have it")
	case <-time.After(4 * time.Second): // longer than it lasts unless it is renewed
	}
	if !first.Held() || second.Held() {
		t.Errorf("held: %v and %v", first.Held(), second.Held())
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	mustGet(t, waiting, true)

	second.mu.Lock()
	second.timer.Stop() // as if it were paused
	second.mu.Unlock()
	third, waiting := standby(t, a)
	mustGet(t, waiting, false)
	if second.Held() || !third.Held() {
		t.Errorf("held: %v and %v", second.Held(), third.Held())
	}
	second.renew()
	select {
	case <-second.Lost():
	default:
		t.Error("who has lost it does not know")
	}
}

func TestALeaseIsLostWithRedis(t *testing.T) {
	t.Parallel()
	server := testservers.StartRedis(t)
	c := settings(server.URL(), "test")
	c.SessionTTL = time.Second
	l, got := standby(t, openedWith(t, c, pipeline.System))
	mustGet(t, got, false)
	server.Kill()
	select {
	case <-l.Lost():
	case <-time.After(30 * time.Second):
		t.Error("it is not lost")
	}
	if l.Held() {
		t.Error("it is held")
	}
}
