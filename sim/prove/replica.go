package prove

import (
	"fmt"
	"slices"
	"time"

	"github.com/leat-io/leat/sim"
)

// replica is one of the processes that share the work.
type replica struct {
	index   int
	process *sim.Process
	number  int         // of the process, among all that were started
	points  int         // that the process has passed
	has     []*sim.Sent // what it was given
	down    bool        // it was killed, and is not started again yet
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
