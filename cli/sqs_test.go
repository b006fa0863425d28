package cli

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// queueFlow is a flow from a queue into a file, with events that have to be told
// apart and put in order on the way.
type queueFlow struct {
	t       *testing.T
	server  *sqstest.Server
	dir     string
	out     string
	failing atomic.Int32 // of a hundred calls
}

const (
	queueVisibility = 2 * time.Second
	queueEvents     = 4_000
	queueHeld       = 1_000
	queueInFlight   = 200
)

func newQueueFlow(t *testing.T) *queueFlow {
	t.Helper()
	f := &queueFlow{t: t, dir: t.TempDir()}
	f.out = filepath.Join(f.dir, "out.jsonl")
	f.server = sqstest.New(t, sqstest.Options{Intercept: f.fault})
	if _, err := f.server.CreateQueue("parcels", map[string]string{"VisibilityTimeout": fmt.Sprint(int(queueVisibility / time.Second))}); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(f.dir, "pipeline.yaml"), fmt.Sprintf(`
version: 1
flows:
  parcels:
    from: {sqs: {queue: parcels, endpoint: %q, region: us-east-1, access_key_id: test}}
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
`, f.server.URL, queueInFlight, queueHeld))
	return f
}

func (f *queueFlow) fault(c sqstest.Call) *sqstest.Fault {
	if rand.IntN(100) >= int(f.failing.Load()) {
		return nil
	}
	return &sqstest.Fault{Work: rand.IntN(2) == 0, Drop: rand.IntN(2) == 0, Status: 500}
}

// fill puts the events into the queue, now and then one after its successors, a
// tenth of them twice.
func (f *queueFlow) fill() {
	f.t.Helper()
	var bodies []string
	began := time.Now().Add(-time.Hour)
	for n := range queueEvents {
		body := fmt.Sprintf(`{"n":%d,"parcel":"p%d","at":%q}`, n, n%150, began.Add(time.Duration(n)*time.Millisecond).UTC().Format(time.RFC3339Nano))
		bodies = append(bodies, body)
		if n%10 == 0 {
			bodies = append(bodies, body)
		}
	}
	for i := range bodies {
		j := min(len(bodies)-1, i+rand.IntN(20))
		bodies[i], bodies[j] = bodies[j], bodies[i]
	}
	if err := f.server.Send("parcels", bodies...); err != nil {
		f.t.Fatal(err)
	}
}

func (f *queueFlow) empty() bool {
	state, _ := f.server.Queue("parcels")
	return state.Visible+state.InFlight == 0
}

// queueEvent is a line of the output.
type queueEvent struct {
	Meta map[string]string
	Body struct {
		N      int
		Parcel string
	}
}

// check returns how many events were delivered again. Every event must be there,
// and those of a parcel in order unless they are marked. What a killed process
// delivered and could not record any more has not happened for the next one: of
// an event that was delivered again the last time counts.
func (f *queueFlow) check() (again int) {
	f.t.Helper()
	var events []queueEvent
	receives := 0
	latest := map[int]int{}
	for i, line := range linesOf(f.t, f.out) {
		var e queueEvent
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			f.t.Fatal(err)
		}
		events, latest[e.Body.N] = append(events, e), i
		n, _ := strconv.Atoi(e.Meta["sqs.ApproximateReceiveCount"])
		receives = max(receives, n)
	}
	f.t.Logf("no message was received more than %d times", receives)
	for n := range queueEvents {
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
	if info, err := os.Stat(filepath.Join(f.dir, "dead.jsonl")); err == nil && info.Size() > 0 {
		f.t.Error("there are dead letters")
	}
	return again
}

func TestKilledProcessesLoseNothingOfAQueue(t *testing.T) {
	t.Parallel()
	f := newQueueFlow(t)
	f.fill()
	f.failing.Store(5)
	kills := 0
	for range 5 {
		p := start(t, f.dir, nil, "run", "-q")
		if !p.awaitSize(sizeOf(f.out)+1+rand.Int64N(60_000), f.out) || f.empty() {
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
	state, _ := f.server.Queue("parcels")
	t.Logf("%d kills, %d events were delivered again; %d messages deleted", kills, again, state.Deleted)
	if most := kills * (queueInFlight + queueHeld); again > most {
		t.Errorf("%d events were delivered again after %d kills, want at most %d", again, kills, most)
	}
}

func TestAProcessThatSleepsBeyondTheVisibilityTimeoutLosesNothing(t *testing.T) {
	t.Parallel()
	f := newQueueFlow(t)
	f.fill()
	p := start(t, f.dir, nil, "run")
	p.awaitSize(10_000, f.out)
	p.signal(syscall.SIGSTOP)
	asleep := time.Now()
	p.await(func() bool { return time.Since(asleep) > queueVisibility+time.Second })
	p.signal(syscall.SIGCONT)
	p.await(f.empty)
	p.signal(syscall.SIGTERM)
	p.mustExit(exitOK)
	if again := f.check(); again > 0 {
		t.Errorf("%d events were delivered again by a process that remembers what it delivered", again)
	}
}

func TestWhatAStoppedProcessHeldIsThereForTheNext(t *testing.T) {
	f := newQueueFlow(t)
	f.fill()
	p := start(t, f.dir, nil, "run", "-q")
	p.awaitSize(10_000, f.out)
	p.signal(syscall.SIGTERM)
	p.mustExit(exitOK)
	// What was held is visible again at once, not after the timeout.
	if state, _ := f.server.Queue("parcels"); state.InFlight > 0 {
		t.Errorf("%d messages are invisible after a stop", state.InFlight)
	}
	p = start(t, f.dir, nil, "run", "-q")
	p.await(f.empty)
	p.signal(syscall.SIGTERM)
	p.mustExit(exitOK)
	if again := f.check(); again > 0 {
		t.Errorf("%d events were delivered again", again)
	}
}

func TestAServiceThatIsAwayIsWaitedFor(t *testing.T) {
	t.Parallel()
	f := newQueueFlow(t)
	f.fill()
	p := start(t, f.dir, nil, "run")
	p.awaitSize(10_000, f.out)
	f.failing.Store(100)
	p.awaitText("cannot be received from SQS")
	f.failing.Store(0)
	p.await(f.empty)
	p.signal(syscall.SIGTERM)
	p.mustExit(exitOK)
	f.check()
}
