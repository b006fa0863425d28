package tiki

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/tiki/tikitest"
)

// trial is a run with calls that fail, replicas that die, leases that get lost, and a flow
// that does with events whatever it likes.
type trial struct {
	seed      uint64
	events    int
	batch     int // how many a pull brings
	replicas  int
	failing   int // of a hundred calls
	nacking   int // of a hundred events, each time they come
	holding   int // of a hundred events
	hold      time.Duration
	deaths    int
	stops     int
	revokes   int // of the lease
	expiries  int // of tokens
	ignore    bool
	grow      bool
	emptyAck  bool
	nameless  bool // events have no id
	identical bool // all events are alike
}

func drawTrial(rt *rapid.T) trial {
	number := func(label string, least, most int) int { return rapid.IntRange(least, most).Draw(rt, label) }
	is := func(label string) bool { return rapid.Bool().Draw(rt, label) }
	return trial{
		seed:   rapid.Uint64().Draw(rt, "seed"),
		events: number("events", 1, 150), batch: number("batch", 1, 40), replicas: number("replicas", 1, 2),
		failing: number("failing", 0, 40), nacking: number("nacking", 0, 40), holding: number("holding", 0, 50),
		hold:   time.Duration(number("hold", 1, 300)) * time.Second,
		deaths: number("deaths", 0, 3), stops: number("stops", 0, 2), revokes: number("revokes", 0, 3), expiries: number("expiries", 0, 3),
		ignore: is("stale acks are ignored"), grow: is("grow"), emptyAck: is("ack_id when empty"), nameless: is("nameless"), identical: number("identical", 0, 4) == 0,
	}
}

func TestNoEventIsLostAndNoneAcknowledgedBeforeItIsSettled(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tr := drawTrial(rt)
		var problems []string
		synctest.Test(t, func(t *testing.T) { problems = tr.run(t) })
		for _, p := range problems {
			rt.Error(p)
		}
	})
}

// world is what happens in a trial.
type world struct {
	trial
	t      *testing.T
	server *tikitest.Server
	state  *shared
	calm   atomic.Bool // nothing fails any more

	mu       sync.Mutex
	rng      *rand.Rand
	settled  map[string]int // by payload
	copies   map[string]int // how many events have this payload
	raws     []string
	highest  map[*replica]int // how far the first offers have come
	problems []string
}

// replica is a process.
type replica struct {
	rig   *flowtest.Rig
	cable *cable
	seen  map[string]bool
}

func (tr trial) run(t *testing.T) []string {
	w := &world{
		trial: tr, t: t, state: newShared(), rng: rand.New(rand.NewPCG(tr.seed, 1)),
		settled: map[string]int{}, copies: map[string]int{}, highest: map[*replica]int{},
	}
	w.server = newServer(t, tikitest.Options{
		MaxEvents: tr.batch, IgnoreStaleAcks: tr.ignore, Grow: tr.grow, AckIDWhenEmpty: tr.emptyAck, Intercept: w.fault, TokenTTL: 2 * time.Hour,
	})
	replicas := make([]*replica, tr.replicas)
	for i := range replicas {
		replicas[i] = w.start()
	}
	filled := make(chan struct{})
	go func() { defer close(filled); w.fill() }()
	for _, what := range tr.incidents() {
		time.Sleep(time.Duration(w.draw(300)) * time.Second)
		w.happen(what, replicas)
	}
	<-filled
	w.await()
	w.calm.Store(true)
	for _, r := range replicas {
		_ = r.rig.Stop()
	}
	w.check()
	return w.problems
}

const (
	death = iota
	ending
	revocation
	expiry
)

// incidents are what happens, in a random order.
func (tr trial) incidents() (list []int) {
	for what, n := range [...]int{tr.deaths, tr.stops, tr.revokes, tr.expiries} {
		list = append(list, slices.Repeat([]int{what}, n)...)
	}
	rng := rand.New(rand.NewPCG(tr.seed, 2))
	rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

func (w *world) happen(what int, replicas []*replica) {
	k := w.draw(len(replicas))
	switch what {
	case death, ending:
		replicas[k].cable.cut.Store(what == death)
		_ = replicas[k].rig.Stop()
		replicas[k] = w.start()
	case revocation:
		w.state.revoke(leaseName)
	case expiry:
		w.server.ExpireTokens()
	}
}

func (w *world) draw(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rng.IntN(n)
}

// fault makes a share of the calls fail, in every way there is.
func (w *world) fault(c tikitest.Call) *tikitest.Fault {
	if c.Action == tikitest.Pull {
		w.watch()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.calm.Load() || w.rng.IntN(100) >= w.failing {
		return nil
	}
	work := w.rng.IntN(2) == 0
	f := [...]*tikitest.Fault{
		{Drop: true}, tikitest.Status(500), tikitest.Status(429), tikitest.Status(401), tikitest.HTMLPage(), tikitest.Malformed(), {Delay: time.Minute},
	}[w.rng.IntN(7)]
	if c.Action == tikitest.Token && f.Status == http.StatusUnauthorized {
		return nil // which keeps a process from starting
	}
	f.Work = work
	return f
}

func (w *world) start() *replica {
	r := &replica{cable: &cable{to: w.server.Direct()}, seen: map[string]bool{}}
	catalog := through(r.cable)
	catalog.Sinks = append(catalog.Sinks, pipeline.DefineSink("decide", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Handler, error) {
		return w.decide, nil
	}))
	catalog.Stages = append(catalog.Stages, pipeline.DefineStage("look", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Stage, error) {
		return pipeline.Map(func(_ context.Context, e *pipeline.Event) error { w.look(r, e); return nil }), nil
	}))
	text := fmt.Sprintf("version: 1\nstop_timeout: 10m\nflows: {f: {from: %s, stages: [look: {}], to: out, on_error: {retry: {backoff: 1ms..1ms, give_up_after: 1ms}}}}\nsinks: {out: {decide: {}}}\n", from(w.server, ""))
	r.rig = flowtest.Load(w.t, text, flowtest.Options{Catalog: catalog, State: w.state})
	r.rig.Run()
	return r
}

// look sees events in the order in which the source gives them: those that it gives for the
// first time must be in the order of the queue.
func (w *world) look(r *replica, e *pipeline.Event) {
	raw, _ := e.Bytes()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.identical || r.seen[string(raw)] {
		return
	}
	r.seen[string(raw)] = true
	at := slices.Index(w.raws, string(raw))
	if at < w.highest[r] {
		w.problems = append(w.problems, fmt.Sprintf("event %d was first given after event %d", at, w.highest[r]))
	}
	w.highest[r] = max(at, w.highest[r])
}

func (w *world) decide(_ context.Context, e *pipeline.Event) error {
	raw, _ := e.Bytes()
	w.mu.Lock()
	held, nack := w.rng.IntN(100) < w.holding, w.rng.IntN(100) < w.nacking
	w.mu.Unlock()
	if held {
		time.Sleep(w.hold)
	}
	if nack {
		return fmt.Errorf("the sink is away")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settled[string(raw)]++
	return nil
}

func (w *world) fill() {
	for n := range w.events {
		raw := event(n)
		switch {
		case w.identical:
			raw = `{"id":"same"}`
			if w.nameless {
				raw = `{"n":1}`
			}
		case w.nameless:
			raw = fmt.Sprintf(`{"n":%d}`, n)
		}
		w.mu.Lock()
		w.raws = append(w.raws, raw)
		w.copies[raw]++
		w.mu.Unlock()
		_ = w.server.Push("q", raw)
		if n%10 == 0 {
			time.Sleep(time.Duration(w.draw(60)) * time.Second)
		}
	}
}

// watch compares what is removed with what is settled.
func (w *world) watch() {
	gone := removed(w.server)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.identical {
		return
	}
	for _, raw := range w.raws[:gone] {
		if w.settled[raw] == 0 {
			w.problems = append(w.problems, "removed before it was settled: "+raw)
		}
	}
}

func (w *world) await() {
	for range 3 * 24 * 60 {
		if time.Sleep(time.Minute); removed(w.server) == w.events {
			return
		}
	}
	w.problems = append(w.problems, fmt.Sprintf("after three days %d of %d events are removed", removed(w.server), w.events))
}

func (w *world) check() {
	w.watch()
	w.mu.Lock()
	defer w.mu.Unlock()
	for raw, n := range w.copies {
		want := n
		if w.identical && !w.nameless {
			want = 1 // they are copies of one event
		}
		if w.settled[raw] < want {
			w.problems = append(w.problems, fmt.Sprintf("%s is settled %d times of %d", raw, w.settled[raw], want))
		}
	}
	if q, _ := w.server.Queue("q"); q.Expired > 0 {
		w.problems = append(w.problems, "events expired")
	}
}
