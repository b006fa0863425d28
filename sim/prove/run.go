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

	mu       sync.Mutex
	chance   *rand.Rand
	process  *sim.Process
	number   int // of the process
	points   int // that the process has passed
	crashes  []Crash
	log      []delivery
	messages []*sim.Sent
	returned map[*sim.Sent]int // deliveries in the log when it went back last
	dropped  int64             // by a stage that orders
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
	if err := r.begin(); err != nil {
		return nil, err
	}
	r.arrive()
	settled := r.finish()
	out := &result{schedule: s, log: r.log, deliveries: len(r.log), crashes: len(s.Crashes) - len(r.crashes), virtual: r.world.Clock.Now().Sub(p.start)}
	r.judge(out, settled)
	return out, nil
}

func (r *run) random(n int64) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.chance.Int64N(n)
}

// begin starts a process.
func (r *run) begin() error {
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
	r.process, r.points = p, 0
	r.number++
	r.mu.Unlock()
	p.Start()
	r.world.Settle()
	return nil
}

// inlets are the sources of the flow.
func (r *run) inlets(p *sim.Process) []sim.Inlet {
	return slices.DeleteFunc(p.Inlets(), func(in sim.Inlet) bool { return r.Flow != "" && in.Flow != r.Flow })
}

// arrive has all messages come, each in its time.
func (r *run) arrive() {
	for _, a := range r.schedule.Arrivals {
		r.pass(r.start.Add(a.At))
		s := &sim.Sent{ID: r.name(a.Message), Payload: r.prover.messages[a.Message].payload, Meta: map[string]string{messageMeta: strconv.Itoa(len(r.messages))}, Origin: a.Message}
		r.mu.Lock()
		r.messages = append(r.messages, s)
		r.mu.Unlock()
		r.told.add(r, "message %s comes%s", s.ID, r.about(a.Message))
		r.send(s)
		r.world.Settle()
		r.raise()
	}
	for _, in := range r.process.Inlets() {
		if in.Can.Finite {
			r.process.End(in)
		}
	}
}

// messageMeta is the metadata that says which message an event came with.
const messageMeta = "leat-prove"

func (r *run) send(s *sim.Sent) {
	inlets := r.inlets(r.process)
	r.process.Send(inlets[s.Origin.(int)%len(inlets)], s)
}

// pass lets time pass, and starts the process again whenever it was killed.
func (r *run) pass(t time.Time) {
	for {
		r.world.Until(t, r.dead)
		if !r.dead() {
			r.world.GoOn(t)
			return
		}
		r.raise()
	}
}

func (r *run) dead() bool { return r.process.Killed() }

// raise starts the process again if it was killed. Its source gives it again what it had
// not settled.
func (r *run) raise() {
	for r.dead() {
		r.process.Bury()
		crash := r.crashes[0]
		r.crashes = r.crashes[1:]
		r.noteSettled()
		r.countDropped()
		r.world.GoOn(r.world.Clock.Now().Add(crash.Down))
		if err := r.begin(); err != nil {
			panic(err) // it began before
		}
		r.told.add(r, "it is started again, and gets what was not settled")
		for _, s := range r.messages {
			if !s.Settled() {
				r.send(s)
			}
		}
		for _, in := range r.process.Inlets() {
			if in.Can.Finite && len(r.messages) == len(r.schedule.Arrivals) {
				r.process.End(in)
			}
		}
		r.world.Settle()
	}
}

// noteSettled says of all deliveries of a process that was killed whether their sources
// know of them.
func (r *run) noteSettled() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.log {
		if d := &r.log[i]; d.process == r.number {
			d.settled = d.sent.Settled()
		}
	}
}

// finish lets time pass until all messages are settled, and stops.
func (r *run) finish() (settled bool) {
	end := r.world.Clock.Now().Add(patience)
	for {
		settled = r.world.Until(end, func() bool { return r.dead() || r.settled() })
		if !r.dead() {
			break
		}
		r.raise()
	}
	settled = r.settled()
	_ = r.process.Stop()
	r.countDropped()
	return settled
}

// countDropped adds up what the process has dropped because it was late.
func (r *run) countDropped() {
	p := r.process.Pipeline
	for _, c := range p.Stats().Counts {
		if c.Name == pipeline.CountDropped && p.Orders(c.Flow, c.Part) {
			r.dropped += c.Value
		}
	}
}

// patience is how long everything may take to be settled after the last message.
const patience = 30 * 24 * time.Hour

func (r *run) settled() bool {
	return len(r.messages) == len(r.schedule.Arrivals) &&
		!slices.ContainsFunc(r.messages, func(s *sim.Sent) bool { return !s.Settled() })
}

// point is a point at which a process may be killed.
func (r *run) point(p *sim.Process, step string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p != r.process || p.Killed() {
		return
	}
	r.points++
	if len(r.crashes) > 0 && r.points == r.crashes[0].Point {
		p.Cut()
		r.told.add(r, "the process is killed, %s", step)
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
	d.process = r.number
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
func (r *run) Returned(p *sim.Process, s *sim.Sent) {
	r.mu.Lock()
	r.returned[s] = len(r.log)
	r.mu.Unlock()
	r.told.add(r, "message %s goes back to its source", s.ID)
	r.world.Clock.AfterFunc(redelivery, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.process == p && !p.Ended() {
			r.send(s)
		}
	})
}

const redelivery = 30 * time.Second
