package redis

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/pipeline"
)

// door is a way to a server that can be shut.
type door struct {
	l    net.Listener
	to   string
	mu   sync.Mutex
	shut bool
	open []net.Conn
}

func newDoor(t *testing.T, to string) *door {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &door{l: l, to: to}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			g.mu.Lock()
			if g.shut {
				c.Close()
				g.mu.Unlock()
				continue
			}
			s, err := net.Dial("tcp", to)
			if err != nil {
				c.Close()
				g.mu.Unlock()
				continue
			}
			g.open = append(g.open, c, s)
			g.mu.Unlock()
			go func() { io.Copy(s, c); s.Close() }()
			go func() { io.Copy(c, s); c.Close() }()
		}
	}()
	t.Cleanup(func() { l.Close(); g.set(true) })
	return g
}

func (g *door) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = shut
	if shut {
		for _, c := range g.open {
			c.Close()
		}
		g.open = nil
	}
}

func TestAClaimIsGivenBackOnceRedisAnswersAgain(t *testing.T) {
	t.Parallel()
	server := testservers.StartRedis(t)
	g := newDoor(t, server.Address())
	ca := settings("redis://"+g.l.Addr().String(), "test")
	ca.SessionTTL = 6 * time.Second
	cb := settings(server.URL(), "test")
	cb.SessionTTL = 6 * time.Second
	a, b := openedWith(t, ca, pipeline.System), openedWith(t, cb, pipeline.System)
	id := pipeline.DigestOf("x")
	if v, err := a.Claims("f/d").Claim(t.Context(), id); v != pipeline.Claimed || err != nil {
		t.Fatal(v, err)
	}
	g.set(true)
	err := a.Claims("f/d").Release(context.WithoutCancel(t.Context()), id)
	t.Log("release:", err)
	g.set(false)
	for deadline := time.Now().Add(25 * time.Second); time.Now().Before(deadline); time.Sleep(500 * time.Millisecond) {
		v, err := b.Claims("f/d").Claim(t.Context(), id)
		if err == nil && v == pipeline.Claimed {
			t.Log("had")
			return
		}
	}
	t.Error("nobody works at the event, both processes live, and it cannot be claimed")
}

func TestNoTwoLeadWhenRedisLosesItsMemory(t *testing.T) {
	t.Parallel()
	server := testservers.StartRedis(t)
	c := settings(server.URL(), "test")
	c.SessionTTL = 6 * time.Second
	a, b := openedWith(t, c, pipeline.System), openedWith(t, c, pipeline.System)
	first, got := standby(t, a)
	mustGet(t, got, false)
	time.Sleep(100 * time.Millisecond)
	second := b.Lease("f/reorder").(*lease)
	server.Kill()
	server.Start()
	ctx, cancel := context.WithTimeout(t.Context(), 12*time.Second)
	defer cancel()
	if _, err := second.Acquire(ctx); err == nil && first.Held() {
		t.Error("both hold it")
	}
	if !first.Held() {
		t.Error("the first has lost it, although it lives")
	}
}

func TestAStandbyOutlivesAnOutage(t *testing.T) {
	t.Parallel()
	server := testservers.StartRedis(t)
	g := newDoor(t, server.Address())
	ca, cb := settings(server.URL(), "test"), settings("redis://"+g.l.Addr().String(), "test")
	ca.SessionTTL, cb.SessionTTL = 3*time.Second, 3*time.Second
	a, b := openedWith(t, ca, pipeline.System), openedWith(t, cb, pipeline.System)
	_, got := standby(t, a)
	mustGet(t, got, false)
	l := b.Lease("f/reorder")
	errs := make(chan error, 1)
	go func() { _, err := l.Acquire(t.Context()); errs <- err }()
	time.Sleep(500 * time.Millisecond)
	g.set(true)
	time.Sleep(3 * time.Second)
	g.set(false)
	select {
	case err := <-errs:
		t.Error("the standby gives up:", err)
	case <-time.After(3 * time.Second):
	}
}
