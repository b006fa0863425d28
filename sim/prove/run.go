package prove

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// replica is one of the processes that share the work.
type replica struct {
	index   int
	process *sim.Process
	number  int         // of the process, among all that were started
	points  int         // that the process has passed
	has     []*sim.Sent // what it was given
	down    bool        // it was killed, and is not started again yet
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

// replicasOf is how many processes run where they can share a state.
const replicasOf = 2

// beginAll starts the first process, and another where they can share a state and their
// sources.
func (r *run) beginAll() error {
	if err := r.begin(r.add()); err != nil {
		return err
	}
	r.finite = slices.ContainsFunc(r.replicas[0].process.Inlets(), func(in sim.Inlet) bool { return in.Can.Finite })
	r.shares = r.store.Shared() && !r.finite
	for r.shares && len(r.replicas) < replicasOf {
		if err := r.begin(r.add()); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) add() *replica {
	r.mu.Lock()
	defer r.mu.Unlock()
	rep := &replica{index: len(r.replicas)}
	r.replicas = append(r.replicas, rep)
	return rep
}

// begin starts a process.
func (r *run) begin(rep *replica) error {
	p, report := sim.NewProcess(r.world, r.Load, r.Options.Options, r, r.store)
	if p == nil {
		return report.Err()
	}
	if r.window = 2 * p.Pipeline.LongestHold(); r.window == 0 {
		r.window = withoutHolds
	}
	r.sinks = p.Pipeline.SinkNames()
	if len(r.inlets(p)) == 0 {
		return fmt.Errorf("flow %s has no source", r.Flow)
	}
	r.mu.Lock()
	r.started++
	rep.process, rep.points, rep.number, rep.down = p, 0, r.started, false
	r.mu.Unlock()
	p.Start()
	r.world.Settle()
	return nil
}

// inlets are the sources of the flow.
func (r *run) inlets(p *sim.Process) []sim.Inlet {
	return slices.DeleteFunc(p.Inlets(), func(in sim.Inlet) bool { return r.Flow != "" && in.Flow != r.Flow })
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

func (r *run) anyKilled() bool {
	return slices.ContainsFunc(r.replicas, func(rep *replica) bool { return !rep.down && rep.process.Killed() })
}

// buryKilled does what follows a kill: what the process had not settled is given again, to
// itself or to others, and it is started again after a while.
func (r *run) buryKilled() (any bool) {
	for _, rep := range r.replicas {
		if rep.down || !rep.process.Killed() {
			continue
		}
		any = true
		rep.down = true
		r.noteSettled(rep)
		r.countDropped(rep.process)
		rep.process.Bury()
		r.buried = append(r.buried, rep.process)
		lost := slices.DeleteFunc(rep.has, (*sim.Sent).Settled)
		rep.has = nil
		if r.shares {
			r.later(redelivery, func() { r.sendAll(lost) })
		}
		r.later(r.downFor(), func() { r.restart(rep) })
	}
	return any
}

// downFor is how long the process is away that was killed last.
func (r *run) downFor() time.Duration {
	i := min(max(len(r.schedule.Crashes)-len(r.crashes)-1, 0), len(r.schedule.Crashes)-1)
	return r.schedule.Crashes[i].Down
}

// restart starts a process again. One that is alone gets all that is not settled.
func (r *run) restart(rep *replica) {
	if err := r.begin(rep); err != nil {
		panic(err) // it began before
	}
	if r.shares {
		r.told.add(r, "%s is started again", r.called(rep))
		return
	}
	r.told.add(r, "%s is started again, and gets what was not settled", r.called(rep))
	r.sendAll(r.messages)
	if len(r.messages) == len(r.schedule.Arrivals) {
		r.endInput()
	}
}

// sendAll gives messages again that are not settled.
func (r *run) sendAll(list []*sim.Sent) {
	for _, s := range list {
		if !s.Settled() {
			r.send(s)
		}
	}
}

// called is what a process is called where there are several.
func (r *run) called(rep *replica) string {
	if !r.shares {
		return "the process"
	}
	return "process " + string(rune('A'+rep.index))
}

// noteSettled says of all deliveries of a process that was killed whether their sources
// know of them.
func (r *run) noteSettled(rep *replica) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.log {
		if d := &r.log[i]; d.process == rep.number {
			d.settled = d.sent.Settled()
		}
	}
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

// replica is the one of a process, nil for one that was replaced.
func (r *run) replica(p *sim.Process) *replica {
	for _, rep := range r.replicas {
		if rep.process == p {
			return rep
		}
	}
	return nil
}

// point is a point at which a process may be killed.
func (r *run) point(p *sim.Process, step string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rep := r.replica(p)
	if rep == nil || p.Killed() {
		return
	}
	rep.points++
	if len(r.crashes) > 0 && r.crashes[0].Replica%len(r.replicas) == rep.index && rep.points >= r.crashes[0].Point {
		r.crashes = r.crashes[1:]
		p.Cut()
		r.told.add(r, "%s is killed, %s", r.called(rep), step)
	}
}

// Deliver implements [sim.Outside].
func (r *run) Deliver(ctx context.Context, p *sim.Process, sink string, e *pipeline.Event) error {
	if r.schedule.Slow && r.random(2) == 0 {
		pipeline.Sleep(context.WithoutCancel(ctx), r.world.Clock, time.Duration(r.random(3000))*time.Millisecond, nil)
	}
	if r.down(sink) {
		r.told.addOnce(r, "%s is away: it does not take %s", sink, e.ID)
		return errors.New("the sink is away")
	}
	r.point(p, "before "+sink+" got "+e.ID)
	if p.Killed() {
		return pipeline.ErrReturned
	}
	d, err := r.delivery(ctx, p, sink, e)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.log = append(r.log, d)
	r.mu.Unlock()
	r.told.delivered(r, d)
	r.point(p, "when "+sink+" had got "+e.ID)
	return nil
}

func (r *run) down(sink string) bool {
	at := r.world.Clock.Now().Sub(r.start)
	for _, o := range r.schedule.Outages {
		if r.sinks[o.Sink] == sink && o.From <= at && at < o.To {
			return true
		}
	}
	return false
}

func (r *run) delivery(ctx context.Context, p *sim.Process, sink string, e *pipeline.Event) (delivery, error) {
	d := delivery{at: r.world.Clock.Now().Sub(r.start), settled: true}
	d.outcome = outcome{sink: sink, id: e.ID, rawID: e.ID, key: e.Key, time: e.Time, passed: pipeline.PassedBy(ctx)}
	if e.Type != "" {
		d.id += " (" + e.Type + ")"
	}
	for _, mark := range []string{pipeline.MarkLate, pipeline.MarkForced, pipeline.MarkUnordered, pipeline.MarkUnkeyed} {
		if _, there := e.LookupMeta(mark); there {
			d.marked = true
		}
	}
	text, _ := e.LookupMeta(messageMeta)
	if p.Pipeline.TakesDeadLetters(sink) {
		raw, err := e.Bytes()
		if err != nil {
			return d, err
		}
		var letter pipeline.DeadLetter
		if json.Unmarshal(raw, &letter) == nil && letter.Flow != "" && letter.Error != "" {
			d.dead, text = true, letter.Meta[messageMeta]
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if rep := r.replica(p); rep != nil {
		d.process = rep.number
	}
	n, err := strconv.Atoi(text)
	if err != nil || n >= len(r.messages) {
		return d, pipeline.Reject(fmt.Errorf("the flow takes the metadata %s away, by which a proof knows events", messageMeta))
	}
	d.sent = r.messages[n]
	d.message = d.sent.Origin.(int)
	return d, nil
}

// Settled implements [sim.Outside].
func (r *run) Settled(_ *sim.Process, s *sim.Sent) { r.told.add(r, "message %s is settled", s.ID) }

// Returned implements [sim.Outside]: the source gives the message again after a while.
func (r *run) Returned(_ *sim.Process, s *sim.Sent) {
	r.mu.Lock()
	r.returned[s] = len(r.log)
	r.mu.Unlock()
	r.told.add(r, "message %s goes back to its source", s.ID)
	if r.finite {
		return
	}
	r.later(redelivery, func() {
		if !s.Settled() {
			r.send(s)
		}
	})
}

const redelivery = 30 * time.Second
