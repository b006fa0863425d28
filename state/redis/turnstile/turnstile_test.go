package turnstile

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/redisapi"
	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/pipeline"
)

func TestMain(m *testing.M) { os.Exit(testservers.Main(m)) }

// replica is a process, as Redis sees it.
type replica struct {
	*Turnstile
	client redisapi.Client
	pipe   *redisapi.Pipe
}

func newReplica(t testing.TB, url string, change func(*Options)) *replica {
	t.Helper()
	client, err := redisapi.Open(redisapi.Settings{URL: conf.Secret(url)})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		TurnstileOptions: pipeline.TurnstileOptions{Window: 300 * time.Millisecond, MaxAhead: time.Hour, Grace: 2 * time.Second},
		Client:           client, Pipe: redisapi.NewPipe(client), Prefix: "test:" + strings.ReplaceAll(t.Name(), "/", ":"), Space: "f/reorder",
		SessionTTL: 3 * time.Second, Clock: pipeline.System, Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&o)
	}
	r := &replica{New(o), client, o.Pipe}
	if err := r.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.end)
	return r
}

func (r *replica) end() {
	_ = r.Close()
	r.pipe.Close()
	_ = r.client.Close()
}

// die ends the replica as kill -9 would: it says nothing any more.
func (r *replica) die() {
	r.mu.Lock()
	r.closed = true
	if r.timer != nil {
		r.timer.Stop()
	}
	r.mu.Unlock()
	for _, s := range r.shards {
		s.close()
	}
}

var begun = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func event(key string, n int, at time.Duration) *pipeline.Event {
	e := pipeline.NewEvent(fmt.Sprint(key, "-", n), nil)
	e.Key, e.Time, e.Received = key, begun.Add(at), time.Now()
	e.Seq.Message = uint64(n)
	return e
}

// log is what reached the sink.
type log struct {
	mu   sync.Mutex
	went []went
}

type went struct {
	id, key string
	at      time.Time
	turn    pipeline.Turn
}

func (l *log) add(e *pipeline.Event, turn pipeline.Turn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.went = append(l.went, went{e.ID, e.Key, e.Time, turn})
}

// through takes an event through a replica.
func (l *log) through(ctx context.Context, r *replica, e *pipeline.Event, work func()) error {
	p, err := r.Enter(ctx, pipeline.Entrant{Event: e, Go: func() {}})
	for err != nil && ctx.Err() == nil { // as the engine does
		p, err = r.Enter(ctx, pipeline.Entrant{Event: e, Go: func() {}})
	}
	if err != nil {
		return err
	}
	turn, err := p.Await(ctx, nil)
	if err != nil {
		return err
	}
	l.add(e, turn)
	if work != nil {
		work()
	}
	p.Done(ctx, pipeline.TurnSettled)
	return nil
}

// check fails the test when something is lost, doubled, or out of order and not marked.
func (l *log) check(t *testing.T, n int) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	seen, last, order, late := map[string]int{}, map[string]time.Time{}, map[string]int64{}, 0
	for _, w := range l.went {
		if seen[w.id]++; seen[w.id] > 1 {
			t.Errorf("%s went %d times", w.id, seen[w.id])
		}
		if w.turn.Order <= order[w.key] {
			t.Errorf("%s has number %d after %d", w.id, w.turn.Order, order[w.key])
		}
		order[w.key] = w.turn.Order
		if w.turn.Late > 0 {
			late++
		}
		if w.turn.Late > 0 || w.turn.Unordered {
			continue
		}
		if w.at.Before(last[w.key]) {
			t.Errorf("%s of %s went after one of %s", w.id, w.at, last[w.key])
		}
		last[w.key] = w.at
	}
	if len(seen) != n {
		t.Errorf("%d of %d events went", len(seen), n)
	}
	t.Logf("%d events, %d late", len(seen), late)
}

func TestReplicasKeepOrderTogether(t *testing.T) {
	t.Parallel()
	url := testservers.RedisURL(t)
	patient := func(o *Options) { o.SessionTTL, o.Grace = 6*time.Second, time.Minute } // a busy machine is no death
	replicas := []*replica{newReplica(t, url, patient), newReplica(t, url, patient), newReplica(t, url, patient)}
	var l log
	var all sync.WaitGroup
	const keys, each = 40, 25
	for k := range keys {
		for n := range each {
			all.Go(func() {
				at := time.Duration(n) * 50 * time.Millisecond
				time.Sleep(at + rand.N(200*time.Millisecond)) // real time: Redis has a clock of its own
				if err := l.through(t.Context(), replicas[rand.IntN(3)], event(fmt.Sprint("k", k), n, at), func() { time.Sleep(rand.N(2 * time.Millisecond)) }); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	l.check(t, keys*each)
}
