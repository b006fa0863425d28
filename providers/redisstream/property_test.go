package redisstream

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"pgregory.net/rapid"

	"github.com/leat-io/leat/internal/race"
	"github.com/leat-io/leat/pipeline"
)

// trial is a run with calls that fail, consumers that die, and a flow that does with
// messages whatever it likes.
type trial struct {
	seed        uint64
	entries     int
	consumers   int
	failing     int // of a hundred calls
	nacking     int // of a hundred messages, each time they come
	holding     int // of a hundred messages
	hold        time.Duration
	claimAfter  time.Duration
	maxInFlight int
	named       bool // consumers have fixed names
	deaths      int
	stops       int
	suspensions int // of a consumer, for longer than claim_after
	destroyed   int // how often the group is
}

func drawTrial(rt *rapid.T) trial {
	number := func(label string, least, most int) int { return rapid.IntRange(least, most).Draw(rt, label) }
	return trial{
		seed:    rapid.Uint64().Draw(rt, "seed"),
		entries: number("entries", 1, 300), consumers: number("consumers", 1, 3),
		failing: number("failing", 0, 30), nacking: number("nacking", 0, 30), holding: number("holding", 0, 50),
		hold:        time.Duration(number("hold", 1, 600)) * time.Second,
		claimAfter:  time.Duration(number("claim_after", 30, 300)) * time.Second,
		maxInFlight: number("max_in_flight", 1, 400), named: rapid.Bool().Draw(rt, "named"),
		deaths: number("deaths", 0, 4), stops: number("stops", 0, 3),
		suspensions: number("suspensions", 0, 2), destroyed: max(0, number("destroyed", -2, 2)),
	}
}

func TestNoEntryIsLostAndNoneGivenOutTooOften(t *testing.T) {
	race.FewerDraws(t)
	rapid.Check(t, func(rt *rapid.T) {
		tr := drawTrial(rt)
		var problems []string
		synctest.Test(t, func(*testing.T) { problems = tr.run() })
		for _, p := range problems {
			rt.Error(p)
		}
	})
}

// world is what happens in a trial.
type world struct {
	trial
	stream *double

	mu       sync.Mutex
	rng      *rand.Rand
	given    map[string]int // to the flow
	allowed  map[string]int // how often it may be
	acked    map[string]int
	problems []string

	deciding sync.WaitGroup
}

// worker is a process that reads the stream.
type worker struct {
	w    *world
	h    *holder
	sub  *Subscriber
	end  context.CancelFunc
	read sync.WaitGroup

	mu  sync.Mutex
	out map[string]bool // given to the flow and undecided
}

func (tr trial) run() []string {
	w := &world{trial: tr, stream: newDouble(), rng: rand.New(rand.NewPCG(tr.seed, 2)), given: map[string]int{}, allowed: map[string]int{}, acked: map[string]int{}}
	w.stream.fault = breakdowns(tr.seed, tr.failing)
	workers := make([]*worker, tr.consumers)
	for i := range workers {
		workers[i] = w.start(i)
	}
	go w.fill()
	for _, what := range tr.events(rand.New(rand.NewPCG(tr.seed, 3))) {
		time.Sleep(time.Duration(w.draw(400)) * time.Second)
		k := w.draw(len(workers))
		switch what {
		case death, stop:
			workers[k].leave(what == death)
			workers[k] = w.start(k)
		case suspension:
			workers[k].suspend()
		case destruction:
			w.destroy()
		}
	}
	w.await()
	for _, r := range workers {
		r.leave(false)
	}
	w.deciding.Wait()
	w.check()
	return w.problems
}

const (
	death = iota
	stop
	suspension
	destruction
)

// events are what happens, in a random order.
func (tr trial) events(rng *rand.Rand) (list []int) {
	for what, n := range [...]int{tr.deaths, tr.stops, tr.suspensions, tr.destroyed} {
		list = append(list, slices.Repeat([]int{what}, n)...)
	}
	rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

func (w *world) draw(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rng.IntN(n)
}

func (w *world) start(i int) *worker {
	c := Source.Defaults.(SourceConfig)
	c.Stream, c.ClaimAfter, c.MaxInFlight = "s", w.claimAfter, w.maxInFlight
	name := generatedName()
	if w.named {
		name = "worker-" + strconv.Itoa(i)
		c.Consumer = name
	}
	r := &worker{w: w, h: &holder{double: w.stream, name: name}, sub: newSubscriber(c, pipeline.System, quiet), out: map[string]bool{}}
	r.sub.plain = true
	r.sub.open = func(string, string) (api, error) { return r.h, nil }
	ctx, cancel := context.WithCancel(context.Background())
	r.end = cancel
	out, err := r.sub.Subscribe(ctx, "s")
	if err != nil {
		panic(err)
	}
	r.read.Go(func() {
		for m := range out {
			w.deciding.Go(func() { r.decide(m) })
		}
	})
	return r
}

// leave ends a process: what it had pending may be given out once more.
func (r *worker) leave(dies bool) {
	r.w.stream.mu.Lock()
	r.h.dead = dies
	r.w.stream.mu.Unlock()
	r.end()
	r.w.allow(func(id string, p *pended) bool { return p.consumer == r.h.name })
	_ = r.sub.Close()
	r.read.Wait()
}

func (w *world) allow(which func(id string, p *pended) bool) {
	w.stream.mu.Lock()
	defer w.stream.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, p := range w.stream.pending {
		if which(id, p) {
			w.allowed[id]++
		}
	}
}

// suspend keeps a worker from keeping its entries young, so that others may take them
// over. It must not take its own for new ones.
func (r *worker) suspend() {
	r.mute(true)
	time.Sleep(r.w.claimAfter * 3 / 2)
	r.mute(false)
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	r.w.allowAll()
}

func (r *worker) mute(is bool) {
	r.w.stream.mu.Lock()
	defer r.w.stream.mu.Unlock()
	r.h.mute = is
}

// destroy takes the group away. All that there is may come once more.
func (w *world) destroy() {
	w.stream.mu.Lock()
	defer w.stream.mu.Unlock()
	w.stream.noGroup, w.stream.pending = true, map[string]*pended{}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.allowAll()
}

func (w *world) allowAll() {
	for i := range w.entries {
		w.allowed[idOf(i)] += w.consumers
	}
}

func (w *world) fill() {
	for i := range w.entries {
		w.stream.add(strconv.Itoa(i))
		if i%10 == 0 {
			time.Sleep(time.Duration(w.draw(3000)) * time.Millisecond)
		}
	}
}

func (r *worker) decide(m *message.Message) {
	w, id := r.w, m.Metadata.Get("redisstream.id")
	r.mu.Lock()
	twice := r.out[id]
	r.out[id] = true
	r.mu.Unlock()
	w.mu.Lock()
	w.given[id]++
	if twice {
		w.problems = append(w.problems, "entry "+id+" came again while the flow had it")
	}
	held, nack := w.rng.IntN(100) < w.holding, w.rng.IntN(100) < w.nacking
	w.mu.Unlock()
	if held {
		time.Sleep(w.hold)
	}
	r.mu.Lock()
	delete(r.out, id)
	r.mu.Unlock()
	w.mu.Lock()
	if nack {
		w.allowed[id]++
	} else {
		w.acked[id]++
	}
	w.mu.Unlock()
	if nack {
		m.Nack()
	} else {
		m.Ack()
	}
}

func (w *world) done() bool {
	w.stream.mu.Lock()
	defer w.stream.mu.Unlock()
	return !w.stream.noGroup && w.stream.next == w.entries && len(w.stream.pending) == 0
}

func (w *world) await() {
	for range 7 * 24 * 60 {
		if time.Sleep(time.Minute); w.done() {
			return
		}
	}
	w.stream.mu.Lock()
	defer w.stream.mu.Unlock()
	w.problems = append(w.problems, fmt.Sprintf("after a week %d of %d entries are read and %d pending", w.stream.next, w.entries, len(w.stream.pending)))
}

func (w *world) check() {
	for i := range w.entries {
		id := idOf(i)
		if w.acked[id] == 0 {
			w.problems = append(w.problems, "entry "+id+" is lost")
		}
		if most := 1 + w.allowed[id]; w.given[id] > most {
			w.problems = append(w.problems, fmt.Sprintf("entry %s was given out %d times, and %d would do", id, w.given[id], most))
		}
	}
}
