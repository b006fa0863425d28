package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leat-io/leat/internal/testservers"
)

// streamFlow is a flow from a stream of a real Redis into a file, with events that have
// to be told apart and put in order on the way.
type streamFlow struct {
	t      *testing.T
	server *testservers.Redis
	client *redis.Client
	dir    string
	out    string
}

const (
	streamEvents   = 3_500
	streamHeld     = 1_000
	streamInFlight = 200
)

func newStreamFlow(t *testing.T, consumer string) *streamFlow {
	t.Helper()
	f := &streamFlow{t: t, dir: t.TempDir(), server: testservers.StartRedis(t)}
	f.out = filepath.Join(f.dir, "out.jsonl")
	f.client = redis.NewClient(&redis.Options{Addr: f.server.Address()})
	t.Cleanup(func() { _ = f.client.Close() })
	write(t, filepath.Join(f.dir, "pipeline.yaml"), fmt.Sprintf(`
version: 1
flows:
  parcels:
    from: {redisstream: {stream: parcels, url: %q, consumer: %q, claim_after: 2s}}
    max_in_flight: %d
    max_held: %d
    stages:
      - identify: {id: body.n, key: body.parcel, time: body.at}
      - dedupe: {ttl: 1h}
      - reorder: {window: 300ms}
    to: out
    on_error: {dead_letter: dead}
sinks:
  out: {file: {path: out.jsonl, format: envelope}}
  dead: {file: {path: dead.jsonl}}
`, f.server.URL(), consumer, streamInFlight, streamHeld))
	return f
}

// fill adds the events to the stream, now and then one after its successors, a tenth of
// them twice.
func (f *streamFlow) fill() {
	f.t.Helper()
	var bodies []string
	began := time.Now().Add(-time.Hour)
	for n := range streamEvents {
		body := fmt.Sprintf(`{"n":%d,"parcel":"p%d","at":%q}`, n, n%150, began.Add(time.Duration(n)*time.Millisecond).UTC().Format(time.RFC3339Nano))
		bodies = append(bodies, body)
		if n%10 == 0 {
			bodies = append(bodies, body)
		}
	}
	p := f.client.Pipeline()
	for i := range bodies {
		j := min(len(bodies)-1, i+rand.IntN(20))
		bodies[i], bodies[j] = bodies[j], bodies[i]
		p.XAdd(f.t.Context(), &redis.XAddArgs{Stream: "parcels", Values: []any{"payload", bodies[i]}})
	}
	if _, err := p.Exec(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
}

// empty reports whether the group has read and acknowledged everything.
func (f *streamFlow) empty() bool {
	groups, err := f.client.XInfoGroups(context.Background(), "parcels").Result()
	return err == nil && len(groups) == 1 && groups[0].Lag == 0 && groups[0].Pending == 0
}

// check returns how many events were delivered again. Every event must be there, and
// those of a parcel in order unless they are marked; of an event that was delivered
// again the last time counts.
func (f *streamFlow) check() (again int) {
	f.t.Helper()
	var events []queueEvent
	latest := map[int]int{}
	for i, line := range linesOf(f.t, f.out) {
		var e queueEvent
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			f.t.Fatal(err)
		}
		events, latest[e.Body.N] = append(events, e), i
	}
	for n := range streamEvents {
		if _, there := latest[n]; !there {
			f.t.Errorf("event %d is lost", n)
		}
	}
	furthest := map[string]int{}
	for i, e := range events {
		if latest[e.Body.N] != i {
			again++
			continue
		}
		if e.Body.N < furthest[e.Body.Parcel] && e.Meta["leat.late"] == "" && e.Meta["leat.forced"] == "" {
			f.t.Errorf("event %d of %s came after %d, and is not marked", e.Body.N, e.Body.Parcel, furthest[e.Body.Parcel])
		}
		furthest[e.Body.Parcel] = max(furthest[e.Body.Parcel], e.Body.N)
	}
	if sizeOf(filepath.Join(f.dir, "dead.jsonl")) > 0 {
		f.t.Error("there are dead letters")
	}
	return again
}

func TestKilledProcessesLoseNothingOfAStream(t *testing.T) {
	t.Parallel()
	for name, consumer := range map[string]string{"with a name": "one", "with new names": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newStreamFlow(t, consumer)
			f.fill()
			kills := 0
			for range 4 {
				p := start(t, f.dir, nil, "run", "-q")
				if !p.awaitSize(sizeOf(f.out)+1+rand.Int64N(200_000), f.out) || f.empty() {
					break
				}
				p.kill()
				kills++
			}
			p := start(t, f.dir, nil, "run")
			p.await(f.empty)
			p.signal(syscall.SIGTERM)
			p.mustExit(exitOK)
			again := f.check()
			t.Logf("%d kills, %d events were delivered again", kills, again)
			if most := kills * (streamInFlight + streamHeld); again > most {
				t.Errorf("%d events were delivered again after %d kills, want at most %d", again, kills, most)
			}
		})
	}
}

func TestWhatAStoppedProcessHeldOfAStreamIsThereForTheNext(t *testing.T) {
	t.Parallel()
	f := newStreamFlow(t, "")
	f.fill()
	p := start(t, f.dir, nil, "run", "-q")
	p.awaitSize(10_000, f.out)
	p.signal(syscall.SIGTERM)
	p.mustExit(exitOK)
	p = start(t, f.dir, nil, "run", "-q")
	p.await(f.empty)
	p.signal(syscall.SIGTERM)
	p.mustExit(exitOK)
	if again := f.check(); again > 0 {
		t.Errorf("%d events were delivered again", again)
	}
}
