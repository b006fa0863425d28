package testfile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/sim"
)

// Result is what came of a test.
type Result struct {
	Test *Test
	// Failures are what is wrong; empty: the test passed.
	Failures []Failure
	// Took is how long it took, and Passed how much time passed for the flow.
	Took, Passed time.Duration

	out   map[string][]*got // by sink
	dead  []*got
	count map[string]int64
}

// Failure is one thing that is wrong.
type Failure struct {
	// At is the place in the file, as file:line.
	At string
	// What says what is wrong, Lines show it.
	What  string
	Lines []string

	final bool // nothing that could be expected
}

// Run runs a test. The error is that of a file that cannot be used.
func (f *File) Run(t *Test, catalog pipeline.Catalog, still *sim.Stillness) (*Result, error) {
	begun := time.Now()
	r := &running{test: t, world: sim.NewWorld(t.Start, still), tries: map[string]int{}}
	store := sim.NewStore(r.world.Clock)
	process, report := sim.NewProcess(r.world, f.loadFor(t), pipeline.Options{Catalog: catalog}, r, store)
	if process == nil {
		return nil, f.unusable(report)
	}
	r.process = process
	if err := r.check(f); err != nil {
		return nil, err
	}
	result := r.run(f)
	result.Took = time.Since(begun)
	return result, nil
}

// loadFor loads what a test is about.
func (f *File) loadFor(t *Test) sim.Load {
	if f.Preset {
		return t.loadPreset(f.Path)
	}
	return func(o pipeline.Options) (*pipeline.Pipeline, *pipeline.Report) {
		o.Overlays, o.Getenv = f.Pipeline[1:], f.Getenv
		if f.With != nil {
			o.Patches = []pipeline.Text{*f.With}
		}
		return pipeline.LoadWithReport(f.Pipeline[0], o)
	}
}

// unusable is why what is tested cannot be loaded.
func (f *File) unusable(report *pipeline.Report) error {
	err := report.Err()
	if slices.ContainsFunc(report.Problems(), func(p pipeline.Problem) bool { return strings.HasPrefix(p.Msg, "undefined variable") }) {
		return fmt.Errorf("%w\nTests do not see the environment: variables stand under env in %s", err, f.Path)
	}
	return err
}

// running is a test under way.
type running struct {
	test    *Test
	world   *sim.World
	process *sim.Process
	inputs  []sim.Inlet // of each input
	sent    []*sim.Sent

	mu    sync.Mutex
	tries map[string]int // by sink
	got   []*got
}

// check finds the source of each input, and what the test names that the flow does not have.
func (r *running) check(f *File) error {
	p := &conf.Problems{}
	p.Include(f.problems)
	inlets := r.inlets(p)
	for _, in := range r.test.In {
		i := slices.IndexFunc(inlets, func(i sim.Inlet) bool { return in.Source == "" || i.Source == in.Source })
		if i < 0 {
			if len(inlets) > 0 {
				suggest(p.Errorf(in.node.Get("source"), "source: the flow has no source %q", in.Source), in.Source, sourcesOf(inlets))
			}
			continue
		}
		r.inputs = append(r.inputs, inlets[i])
	}
	sinks := r.process.Pipeline.SinkNames()
	r.checkNames(p, r.test.node.Get("sinks"), sinks)
	r.checkNames(p, r.test.expects.Get("out"), sinks)
	return p.Err()
}

func (r *running) checkNames(p *conf.Problems, n *conf.Node, sinks []string) {
	if n == nil {
		return
	}
	for _, field := range n.Fields {
		if !slices.Contains(sinks, field.Key.Value) {
			suggest(p.Errorf(field.Key, "there is no sink %q", field.Key.Value), field.Key.Value, sinks)
		}
	}
}

// inlets are the sources of the flow under test.
func (r *running) inlets(p *conf.Problems) []sim.Inlet {
	all := r.process.Inlets()
	var flows []string
	for _, in := range all {
		if !slices.Contains(flows, in.Flow) {
			flows = append(flows, in.Flow)
		}
	}
	name := r.test.Flow
	switch {
	case name == "" && len(flows) == 1:
		name = flows[0]
	case name == "":
		p.Errorf(r.test.node, "which flow is it about? Write flow: with one of %s", strings.Join(flows, ", "))
	case !slices.Contains(flows, name):
		suggest(p.Errorf(r.test.node.Get("flow"), "flow: there is no flow %q with a source", name), name, flows)
	}
	return slices.DeleteFunc(all, func(in sim.Inlet) bool { return in.Flow != name })
}

func sourcesOf(inlets []sim.Inlet) (names []string) {
	for _, in := range inlets {
		names = append(names, in.Source)
	}
	return names
}

func suggest(p *conf.Problem, name string, known []string) {
	p.Hint = "there are: " + strings.Join(known, ", ")
	if near := conf.Nearest(name, known); near != "" {
		p.Hint = `did you mean "` + near + `"?`
	}
}

// run has the messages come and waits for what comes of them.
func (r *running) run(f *File) *Result {
	r.process.Start()
	r.world.Settle()
	for i, in := range r.test.In {
		r.world.GoOn(r.test.Start.Add(in.comes))
		for _, m := range in.messages {
			s := &sim.Sent{ID: m.id, Payload: m.payload, Meta: m.meta, Origin: i}
			r.sent = append(r.sent, s)
			r.process.Send(r.inputs[i], s)
			r.world.Settle()
		}
	}
	r.endFinite()
	settled := r.world.Until(r.world.Clock.Now().Add(r.test.For), r.settled)
	result := &Result{Test: r.test, Passed: r.world.Clock.Now().Sub(r.test.Start)}
	stats := r.process.Pipeline.Stats()
	result.count = r.counts(stats)
	if !settled {
		result.unsettled(f, r, stats)
	}
	err := r.process.Stop() // what goes back now is not what the flow refused
	r.collect(result)
	if err != nil {
		result.failFinally(f.at(r.test.node), "the pipeline ended with an error", err.Error())
	}
	result.compare(f)
	return result
}

// endFinite is the end of the input of sources that have one.
func (r *running) endFinite() {
	for _, in := range r.process.Inlets() {
		if in.Can.Finite {
			r.process.End(in)
		}
	}
	r.world.Settle()
}

// settled reports whether every message is settled, or went back for good.
func (r *running) settled() bool {
	return !slices.ContainsFunc(r.sent, func(s *sim.Sent) bool {
		return !s.Settled() && (s.Returned() == 0 || r.test.Redeliver > 0)
	})
}

// Deliver implements [sim.Outside].
func (r *running) Deliver(ctx context.Context, _ *sim.Process, sink string, e *pipeline.Event) error {
	plan := r.test.Sinks[sink]
	pipeline.Sleep(context.WithoutCancel(ctx), r.world.Clock, plan.Takes, nil)
	r.mu.Lock()
	defer r.mu.Unlock()
	at := r.world.Clock.Now().Sub(r.test.Start)
	r.tries[sink]++
	switch {
	case plan.down(at):
		return errors.New("the sink is down")
	case r.tries[sink] <= plan.Fail:
		return fmt.Errorf("attempt %d of %d that fail", r.tries[sink], plan.Fail)
	}
	if !plan.Reject.IsZero() {
		if refuse, err := plan.Reject.Bool(e); err != nil || refuse {
			return pipeline.Reject(errors.Join(err, errors.New("the sink refuses the event")))
		}
	}
	g, err := newGot(sink, at, e, r.process.Pipeline.TakesDeadLetters(sink))
	if err != nil {
		return err
	}
	g.order, g.alone = len(r.got), r.test.alone
	r.got = append(r.got, g)
	return nil
}

// Settled implements [sim.Outside].
func (r *running) Settled(*sim.Process, *sim.Sent) {}

// Returned implements [sim.Outside]: the message comes again after a while.
func (r *running) Returned(p *sim.Process, s *sim.Sent) {
	if r.test.Redeliver > 0 {
		r.world.Clock.AfterFunc(r.test.Redeliver, func() { p.Send(r.inputs[s.Origin.(int)], s) })
	}
}

// collect sorts what came by sinks.
func (r *running) collect(result *Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	result.out = map[string][]*got{}
	for _, g := range inOrder(r.got) {
		if g.letter != nil {
			result.dead = append(result.dead, g)
		} else {
			result.out[g.sink] = append(result.out[g.sink], g)
		}
	}
}

// counts adds up the counters of all parts by their names.
func (r *running) counts(stats pipeline.Stats) map[string]int64 {
	count := map[string]int64{countRead: stats.Read}
	for _, c := range stats.Counts {
		count[c.Name] += c.Value
	}
	for _, s := range r.sent {
		count[countReturned] += int64(s.Returned())
	}
	return count
}

// Counters that a test may ask about besides those of the parts of a flow.
const (
	countRead     = "read"
	countReturned = "returned"
)
