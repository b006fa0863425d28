// Package prove runs a flow under thousands of schedules in which everything goes wrong that
// may go wrong: messages come late, out of order and again, sinks are away and slow,
// processes are killed at any point, and the state store loses what had not been brought to
// safety. It says what was lost, out of order or there twice, and finds the shortest schedule
// that shows it.
package prove

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/sim"
)

// Options say what is proved, and how.
type Options struct {
	// Flow is the one whose sources give the messages.
	Flow string
	// Load reads its file.
	Load sim.Load
	// Options are those of the pipeline.
	Options pipeline.Options
	// Samples are the payloads that come.
	Samples [][]byte
	// Runs is how many schedules are tried, Seed where they come from.
	Runs int
	Seed uint64
	// Progress is called after each; it may be nil.
	Progress func(Totals)
	// Stopped reports whether no more are to be tried; it may be nil.
	Stopped func() bool
}

// Totals are what all runs have come to.
type Totals struct {
	Runs, Messages, Deliveries, Crashes, Outages int
	// Lost, Unordered and Repeated are events for which that must not have happened, Stuck
	// messages that were not settled in the end.
	Lost, Unordered, Repeated, Stuck int
	// Copies were delivered again because a process was killed before it could note that they
	// had been.
	Copies int
	// Marked are events that came too late to be put in order, and say so.
	Marked int
	// Virtual is the time that passed for the flow.
	Virtual time.Duration
}

// Violations is how many events something happened to that must not.
func (t Totals) Violations() int { return t.Lost + t.Unordered + t.Repeated + t.Stuck }

func (t *Totals) add(r *result) {
	t.Runs++
	t.Messages += len(r.schedule.Arrivals)
	t.Deliveries += r.deliveries
	t.Crashes += r.crashes
	t.Outages += len(r.schedule.Outages)
	t.Copies += r.copies
	t.Marked += r.marked
	t.Virtual += r.virtual
	for _, v := range r.violations {
		switch v.Kind {
		case Lost:
			t.Lost++
		case Unordered:
			t.Unordered++
		case Repeated:
			t.Repeated++
		case Stuck:
			t.Stuck++
		}
	}
}

// Report is the answer.
type Report struct {
	Totals
	// Events are the distinct events that the schedules are made of, Promises what the flow
	// promises of some of them.
	Events   int
	Promises pipeline.Passed
	// Replicas is how many processes ran at the same time.
	Replicas int
	// Story tells of the shortest schedule that was found to break a promise; nil: none is.
	Story *Story
}

// Prove tries schedules until one breaks a promise, or all are tried. The error is that of
// a file or of samples that cannot be used.
func Prove(o Options, still *sim.Stillness) (*Report, error) {
	p := &prover{Options: o, still: still}
	if err := p.prepare(); err != nil {
		return nil, err
	}
	report := &Report{Events: p.events(), Promises: p.promises}
	for i := range o.Runs {
		if o.Stopped != nil && o.Stopped() {
			return report, nil
		}
		s := p.draw(rand.New(rand.NewPCG(o.Seed, uint64(i))))
		r, err := p.run(s, nil)
		if err != nil {
			return nil, fmt.Errorf("schedule %d of seed %d: %w", i, o.Seed, err)
		}
		report.add(r)
		report.Replicas = r.replicas
		if o.Progress != nil {
			o.Progress(report.Totals)
		}
		if len(r.violations) > 0 {
			report.Story, err = p.tell(s, r.violations[0].Kind)
			return report, err
		}
	}
	return report, nil
}
