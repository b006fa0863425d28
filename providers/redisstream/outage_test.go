package redisstream

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/internal/testservers"
)

// journal is a log that tests read.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) count(text string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Count(j.text.String(), text)
}

func (r *rig) journal() *journal {
	j := &journal{}
	log := slog.New(slog.NewTextHandler(j, nil))
	for _, s := range r.sub.subs {
		s.trouble.mu.Lock()
		s.trouble.log = log
		s.trouble.mu.Unlock()
	}
	return j
}

func TestARedisThatIsKilledIsWaitedForAndSaidOnce(t *testing.T) {
	server := testservers.StartRedis(t)
	s := streamAt(t, server.URL())
	s.fill(0, 20)
	r := s.subscribe(nil)
	held := r.take(20)
	j := r.journal()
	server.Kill()
	eventually(t, "the outage is said", func() bool { return j.count("Redis is in trouble") == 1 })
	ack(held[:10]) // of a stream that is gone
	held[10].Nack()
	server.Start()
	if m := r.next(); string(m.Payload) != "10" {
		t.Errorf("%s came from memory, want 10", m.Payload)
	}
	s.fill(20, 40)
	more := r.take(20)
	expect(t, payloads(more), numbers(20, 40))
	ack(more)
	eventually(t, "all are acknowledged", s.done)
	eventually(t, "the end of it is said", func() bool { return j.count("Redis works again") == 1 })
	if n := j.count("Redis is in trouble"); n != 1 {
		t.Errorf("the outage was said %d times", n)
	}
}

func TestARedisThatRemembersGivesNothingTwice(t *testing.T) {
	server := testservers.StartRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	s := streamAt(t, server.URL())
	s.fill(0, 20)
	r := s.subscribe(nil)
	held := r.take(20)
	server.Kill()
	ack(held[:10])
	server.Start()
	r.none(2 * s.quick().ClaimAfter)
	eventually(t, "what was settled meanwhile is acknowledged", func() bool { return s.pending() == 10 })
	s.fill(20, 30)
	more := r.take(10)
	expect(t, payloads(more), numbers(20, 30))
	ack(append(more, held[10:]...))
	eventually(t, "all are acknowledged", s.done)
}

// A server that was paused carries out what it was sent before, for connections that
// are gone by then.
func TestARedisThatIsPausedForLongerThanTheTimeoutLosesNothing(t *testing.T) {
	server := testservers.StartRedis(t)
	s := streamAt(t, server.URL())
	s.fill(0, 50)
	r := s.subscribe(nil)
	held := r.take(50)
	j := r.journal()
	server.Pause()
	ack(held)
	eventually(t, "the outage is said", func() bool { return j.count("Redis is in trouble") == 1 })
	server.Resume()
	s.fill(50, 150)
	seen := map[string]int{}
	for len(seen) < 100 {
		m := r.next()
		seen[string(m.Payload)]++
		m.Ack()
	}
	eventually(t, "all are acknowledged", s.done)
	for payload, n := range seen {
		if n > 1 {
			t.Errorf("%s came %d times", payload, n)
		}
	}
}

func TestAGroupThatIsDestroyedBeginsAnew(t *testing.T) {
	s := newStream(t)
	s.fill(0, 20)
	r := s.subscribe(nil)
	all := r.take(20)
	ack(all[:10])
	eventually(t, "half is acknowledged", func() bool { return s.pending() == 10 })
	if err := s.client.XGroupDestroy(t.Context(), s.name, "leat").Err(); err != nil {
		t.Fatal(err)
	}
	// What was settled comes again, what is held does not.
	again := r.take(10)
	expect(t, payloads(again), numbers(0, 10))
	r.none(50 * time.Millisecond)
	ack(append(again, all[10:]...))
	eventually(t, "all are acknowledged", s.done)
}

func TestAStreamThatIsMadeAnewMayUseIDsAgain(t *testing.T) {
	s := newStream(t)
	client := s.client
	put := func(id, payload string) {
		t.Helper()
		if err := client.Do(t.Context(), "XADD", s.name, id, payloadField, payload).Err(); err != nil {
			t.Fatal(err)
		}
	}
	put("1-1", "old one")
	put("1-2", "old two")
	r := s.subscribe(nil)
	old := r.take(2)
	if err := client.Del(t.Context(), s.name).Err(); err != nil {
		t.Fatal(err)
	}
	put("1-1", "new one")
	m := r.next()
	if string(m.Payload) != "new one" {
		t.Fatalf("%s came", m.Payload)
	}
	old[0].Ack() // must not acknowledge the new one
	old[1].Nack()
	if again := r.next(); string(again.Payload) != "old two" {
		t.Errorf("%s came, want what was handed back", again.Payload)
	} else {
		again.Ack()
	}
	eventually(t, "only the new one is in flight", func() bool {
		return len(r.sub.subs[0].table.all()) == 1
	})
	if s.pending() != 1 {
		t.Errorf("%d are pending, want 1", s.pending())
	}
	m.Ack()
	eventually(t, "all are acknowledged", s.done)
}

func TestCloseDoesNotWaitForARedisThatIsAway(t *testing.T) {
	for name, stop := range map[string]func(*testservers.Redis){
		"killed": (*testservers.Redis).Kill, "paused": (*testservers.Redis).Pause,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := testservers.StartRedis(t)
			s := streamAt(t, server.URL())
			s.fill(0, 20)
			r := s.subscribe(nil)
			held := r.take(20)
			stop(server)
			ack(held[:10])
			r.end()
			began := time.Now()
			err := r.sub.Close()
			if took := time.Since(began); took > 9*time.Second {
				t.Errorf("it took %s", took)
			}
			if err == nil {
				t.Error("nothing is said about what could not be acknowledged")
			}
			t.Log(err)
			server.Resume()
		})
	}
}

// What a process holds that is suspended for long is somebody else's, and the process
// must not take it back.
func TestWhatOthersHaveTakenOverIsNotTakenBack(t *testing.T) {
	s := newStream(t)
	s.fill(0, 10)
	a := s.subscribe(nil)
	held := a.take(10)
	keeper := a.sub.subs[0].keeper
	_ = keeper.takeTurn(t.Context()) // suspends it
	b := s.subscribe(func(c *SourceConfig) { c.MaxInFlight = 1 })
	stolen := b.next()
	keeper.giveTurn()
	eventually(t, "the rest is kept again", func() bool {
		list, err := s.client.XPending(t.Context(), s.name, "leat").Result()
		return err == nil && len(list.Consumers) == 2
	})
	b.none(2 * s.quick().ClaimAfter)
	list, err := s.client.XPending(t.Context(), s.name, "leat").Result()
	if err != nil || len(list.Consumers) != 2 {
		t.Errorf("consumers with something pending: %v, %v", list, err)
	}
	ack(append(held, []*message.Message{stolen}...))
	eventually(t, "all are acknowledged", s.done)
}
