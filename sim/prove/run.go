package prove

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/sim"
)

// result is what came of a schedule.
type result struct {
	schedule   *Schedule
	log        []delivery
	violations []Violation
	deliveries int
	crashes    int
	copies     int
	marked     int
	replicas   int
	virtual    time.Duration
}

// delivery is an event that a sink took.
type delivery struct {
	outcome
	at      time.Duration
	seq     pipeline.Seq // its place in the source
	process int
	marked  bool // it says that it is not in its place
	sent    *sim.Sent
	// settled: by the time its process was killed its source knew that it had arrived; always
	// true for a process that was not killed.
	settled bool
}

// run is a schedule under way.
type run struct {
	*prover
	schedule *Schedule
	world    *sim.World
	store    *sim.Store
	told     *telling // nil: nobody listens
	agenda   []task
	buried   []*sim.Process

	mu       sync.Mutex
	chance   *rand.Rand
	replicas []*replica
	started  int // processes so far
	crashes  []Crash
	log      []delivery
	messages []*sim.Sent
	returned map[*sim.Sent]int // deliveries in the log when it went back last
	dropped  int64             // by a stage that orders
}

// task is something to be done at a time when all is quiet.
type task struct {
	at time.Time
	do func()
}

// run tries a schedule.
func (p *prover) run(s *Schedule, told *telling) (*result, error) {
	r := &run{
		prover: p, schedule: s, world: sim.NewWorld(p.start, p.still), told: told, crashes: slices.Clone(s.Crashes),
		chance: rand.New(rand.NewPCG(s.Chance, 1)), returned: map[*sim.Sent]int{},
	}
	r.store = sim.NewStore(r.world.Clock)
	r.store.At, r.store.Random = r.point, r.random
	if s.Slow {
		r.store.Delay = func() time.Duration { return time.Duration(r.random(50)) * time.Millisecond }
	}
	if err := r.beginAll(); err != nil {
		return nil, err
	}
	for _, a := range s.Arrivals {
		r.pass(r.start.Add(a.At), nil)
		r.arrive(a.Message)
	}
	settled, ended := r.finish()
	r.mu.Lock()
	defer r.mu.Unlock()
	out := &result{schedule: s, log: r.log, replicas: len(r.replicas), deliveries: len(r.log), crashes: len(s.Crashes) - len(r.crashes), virtual: ended.Sub(p.start)}
	r.judge(out, settled)
	return out, nil
}

func (r *run) random(n int64) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.chance.Int64N(n)
}

// arrive has a message come.
func (r *run) arrive(message int) {
	s := &sim.Sent{Payload: r.prover.messages[message].payload, ID: r.name(message), Meta: map[string]string{messageMeta: strconv.Itoa(len(r.messages))}, Origin: message}
	r.mu.Lock()
	r.messages = append(r.messages, s)
	r.mu.Unlock()
	r.told.add(r, "message %s comes%s", s.ID, r.about(message))
	r.send(s)
	if len(r.messages) == len(r.schedule.Arrivals) {
		r.endInput()
	}
	r.world.Settle()
}

// endInput ends sources that have an end.
func (r *run) endInput() {
	for _, rep := range r.replicas {
		for _, in := range rep.process.Inlets() {
			if in.Can.Finite {
				rep.process.End(in)
			}
		}
	}
}

// messageMeta is the metadata that says which message an event came with.
const messageMeta = "leat-prove"

// send gives a message to a process, if one runs; else later.
func (r *run) send(s *sim.Sent) {
	up := slices.DeleteFunc(slices.Clone(r.replicas), func(rep *replica) bool {
		return rep.down || rep.process.Killed() || !rep.process.Reads(r.inlets(rep.process)[0])
	})
	if len(up) == 0 {
		if !r.shares {
			return // it gets all that is not settled when it is started again
		}
		r.later(redelivery, func() { r.send(s) })
		return
	}
	rep := up[0]
	if len(up) > 1 {
		rep = up[r.random(int64(len(up)))]
	}
	rep.has = append(rep.has, s)
	inlets := r.inlets(rep.process)
	rep.process.Send(inlets[s.Origin.(int)%len(inlets)], s)
}

func (r *run) later(d time.Duration, do func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.agenda = append(r.agenda, task{r.world.Clock.Now().Add(d), do})
}

// next takes the first task out that is due by t.
func (r *run) next(t time.Time) (task, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := -1
	for i, k := range r.agenda {
		if !k.at.After(t) && (first < 0 || k.at.Before(r.agenda[first].at)) {
			first = i
		}
	}
	if first < 0 {
		return task{}, false
	}
	k := r.agenda[first]
	r.agenda = slices.Delete(r.agenda, first, first+1)
	return k, true
}

// pass lets time pass until t, or until it is done if that is asked, and does what is due
// meanwhile. Processes that were killed are started again.
func (r *run) pass(t time.Time, done func() bool) {
	for done == nil || !done() {
		k, any := r.next(t)
		limit := t
		if any {
			limit = k.at
		}
		changed := r.world.Until(limit, func() bool { return r.anyKilled() || r.agendaBefore(limit) || done != nil && done() })
		if changed && any {
			r.mu.Lock()
			r.agenda = append(r.agenda, k) // not yet: something came before
			r.mu.Unlock()
		}
		switch {
		case r.buryKilled() || changed:
		case any:
			r.world.GoOn(limit)
			k.do()
			r.world.Settle()
		default:
			if done == nil {
				r.world.GoOn(t)
				r.buryKilled()
			}
			return
		}
	}
}

// agendaBefore reports whether there is something new to do before t.
func (r *run) agendaBefore(t time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.agenda, func(k task) bool { return k.at.Before(t) })
}

// finish lets time pass until all messages are settled, says when that was, and stops.
func (r *run) finish() (settled bool, ended time.Time) {
	r.pass(r.world.Clock.Now().Add(patience), r.settled)
	ended = r.world.Clock.Now()
	for _, rep := range r.replicas {
		if !rep.down {
			_ = rep.process.Stop()
			r.countDropped(rep.process)
		}
	}
	settled = r.settled()
	r.world.Until(r.world.Clock.Now().Add(patience), func() bool { // what is left of those that were killed
		return !slices.ContainsFunc(r.buried, func(p *sim.Process) bool { return !p.Ended() })
	})
	return settled, ended
}

// countDropped adds up what a process has dropped because it was late.
func (r *run) countDropped(p *sim.Process) {
	for _, c := range p.Pipeline.Stats().Counts {
		if c.Name == pipeline.CountDropped && p.Pipeline.Orders(c.Flow, c.Part) {
			r.dropped += c.Value
		}
	}
}

// patience is how long everything may take to be settled after the last message.
const patience = 30 * 24 * time.Hour

func (r *run) settled() bool {
	return len(r.messages) == len(r.schedule.Arrivals) && !slices.ContainsFunc(r.messages, r.isOpen)
}

// isOpen reports whether a message is still to be settled. What goes back to a source that
// ends comes again only in another run, when somebody has seen to the reason.
func (r *run) isOpen(s *sim.Sent) bool {
	return !s.Settled() && (s.Returned() == 0 || !r.finite)
}
