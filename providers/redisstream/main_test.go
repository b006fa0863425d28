package redisstream

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/redisapi"
	"github.com/leat-io/leat/internal/testservers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(withServers{m}) }

// withServers stops the servers that tests have started before leaks are looked for.
type withServers struct{ m *testing.M }

func (w withServers) Run() int { return testservers.Main(w.m) }

var quiet = slog.New(slog.DiscardHandler)

// testPatience is how long a test waits for anything before it fails.
const testPatience = 30 * time.Second

// eventually polls until done is true.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(testPatience); !done(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not after %s", what, testPatience)
		}
	}
}

// redisStream is a stream of a real Redis, as somebody else sees it.
type redisStream struct {
	t      testing.TB
	url    string
	name   string
	client *redis.Client
}

// newStream names a stream of the server that all tests share.
func newStream(t testing.TB) *redisStream {
	t.Helper()
	return streamAt(t, testservers.RedisURL(t))
}

func streamAt(t testing.TB, url string) *redisStream {
	t.Helper()
	o, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(o)
	t.Cleanup(func() { _ = c.Close() })
	return &redisStream{t, url, t.Name() + rand.Text()[:6], c}
}

// add adds an entry of names and values and returns its id.
func (s *redisStream) add(fields ...any) string {
	s.t.Helper()
	id, err := s.client.XAdd(context.Background(), &redis.XAddArgs{Stream: s.name, Values: fields}).Result()
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// fill adds entries whose payloads are numbers.
func (s *redisStream) fill(from, to int) {
	s.t.Helper()
	p := s.client.Pipeline()
	for n := from; n < to; n++ {
		p.XAdd(context.Background(), &redis.XAddArgs{Stream: s.name, Values: []any{payloadField, strconv.Itoa(n)}})
	}
	if _, err := p.Exec(context.Background()); err != nil {
		s.t.Fatal(err)
	}
}

// pending is how many entries of the group leat are not acknowledged.
func (s *redisStream) pending() int {
	p, err := s.client.XPending(context.Background(), s.name, "leat").Result()
	if err != nil {
		return -1
	}
	return int(p.Count)
}

// unread is how many entries the group was not given yet.
func (s *redisStream) unread() int {
	groups, err := s.client.XInfoGroups(context.Background(), s.name).Result()
	if err != nil || len(groups) != 1 {
		return -1
	}
	return int(groups[0].Lag)
}

func (s *redisStream) done() bool { return s.pending() == 0 && s.unread() == 0 }

// consumers are the names of the consumers.
func (s *redisStream) consumers() (names []string) {
	list, err := s.client.XInfoConsumers(context.Background(), s.name, "leat").Result()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range list {
		names = append(names, c.Name)
	}
	return names
}

// quick are settings with which nothing takes long.
func (s *redisStream) quick() SourceConfig {
	return SourceConfig{
		Settings: redisapi.Settings{URL: conf.Secret(s.url)}, Block: 20 * time.Millisecond, ClaimAfter: 400 * time.Millisecond,
		ReturnAfter: conf.Range{Min: 20 * time.Millisecond, Max: 100 * time.Millisecond},
	}
}

// rig is a subscriber of a stream.
type rig struct {
	t   testing.TB
	sub *Subscriber
	out <-chan *message.Message
	end context.CancelFunc
}

// subscribe reads the stream as users of Watermill do.
func (s *redisStream) subscribe(change func(*SourceConfig)) *rig {
	s.t.Helper()
	c := s.quick()
	if change != nil {
		change(&c)
	}
	sub, err := NewSubscriber(c, quiet)
	if err != nil {
		s.t.Fatal(err)
	}
	sub.grace = 50 * time.Millisecond
	r := &rig{t: s.t, sub: sub}
	ctx, cancel := context.WithCancel(context.Background())
	r.end = cancel
	if r.out, err = sub.Subscribe(ctx, s.name); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { cancel(); _ = sub.Close() })
	return r
}

// next returns the next message.
func (r *rig) next() *message.Message {
	r.t.Helper()
	select {
	case m, ok := <-r.out:
		if !ok {
			r.t.Fatal("the channel is closed")
		}
		return m
	case <-time.After(testPatience):
		r.t.Fatal("no message came")
		return nil
	}
}

// take returns the next n messages.
func (r *rig) take(n int) (list []*message.Message) {
	r.t.Helper()
	for range n {
		list = append(list, r.next())
	}
	return list
}

// none fails when a message comes within a while.
func (r *rig) none(d time.Duration) {
	r.t.Helper()
	select {
	case m := <-r.out:
		r.t.Fatalf("%s came", m.Payload)
	case <-time.After(d):
	}
}

func (r *rig) close() {
	r.t.Helper()
	r.end()
	if err := r.sub.Close(); err != nil {
		r.t.Error(err)
	}
}

// die ends a subscriber as the death of its process would: Redis is told nothing.
func (r *rig) die() {
	for _, s := range r.sub.subs {
		s.halt()
		s.endReads()
		s.endCalls()
		s.api.close()
	}
}
