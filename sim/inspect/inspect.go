// Package inspect sends single payloads through a flow, with the real engine and in virtual
// time, and tells what each stage did with them. Sources, sinks and the state are stood in
// for: nothing is asked or changed.
package inspect

import (
	"context"
	"slices"
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/redact"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/sim"
)

// Options say what is looked at.
type Options struct {
	// Flow is its name; "" where the file has only one with a source.
	Flow string
	// Source gives the payloads; "": the first of the flow.
	Source string
	// Payloads come one after another, without time passing in between.
	Payloads []Payload
	// At is what the clock shows when they come.
	At time.Time
	// Load reads the file.
	Load sim.Load
	// Options of the pipeline; Clock, Watch and Isolation are set here.
	Pipeline pipeline.Options
}

// Payload is what a source gives as one message.
type Payload struct {
	// Name is what the source calls it. Each has another.
	Name string
	Data []byte
}

// patience is for how long failures are tried again, in the flow's time.
const patience = 5 * time.Minute

// Run sends the payloads through the flow. It returns when all of them are settled, or held
// or tried again for longer than any stage may hold one. The error is that of a file that
// cannot be used.
func Run(o Options, still *sim.Stillness) (*Report, error) {
	w := &watch{world: sim.NewWorld(o.At, still), sent: map[string]*Message{}}
	o.Pipeline.Watch = w
	p, report := sim.NewProcess(w.world, o.Load, o.Pipeline, w, sim.NewStore(w.world.Clock))
	if p == nil {
		return nil, report.Err()
	}
	w.pipeline, w.hide = p.Pipeline, redact.New(p.Pipeline.Secrets()...)
	in, err := inletOf(p, o)
	if err != nil {
		return nil, err
	}
	r := &Report{Flow: in.Flow, Source: in.Source, At: o.At}
	w.run(p, in, o.Payloads, r)
	r.Passed = w.world.Clock.Now().Sub(o.At)
	w.end()
	return r, p.Stop()
}

// run has the payloads come, and the sources end that have an end.
func (w *watch) run(p *sim.Process, in sim.Inlet, payloads []Payload, r *Report) {
	p.Start()
	w.world.Settle()
	for _, payload := range payloads {
		m := &Message{Name: payload.Name, Size: len(payload.Data), Fate: FateOpen}
		r.Messages = append(r.Messages, m)
		w.comes(m)
		p.Send(in, &sim.Sent{ID: payload.Name, Payload: payload.Data, Origin: m})
		w.world.Settle()
	}
	w.inputEnds()
	for _, in := range p.Inlets() {
		if in.Can.Finite {
			p.End(in)
		}
	}
	w.world.Settle()
	over := w.world.Clock.Now().Add(2*p.Pipeline.LongestHold() + patience)
	w.world.Until(over, func() bool { return w.over(r.Messages) })
}

// inletOf finds the source that gives the payloads.
func inletOf(p *sim.Process, o Options) (in sim.Inlet, err error) {
	problems := &conf.Problems{}
	inlets := p.Inlets()
	flows := names(inlets, func(in sim.Inlet) string { return in.Flow })
	flow := o.Flow
	switch {
	case flow == "" && len(flows) == 1:
		flow = flows[0]
	case flow == "":
		problems.Errorf(nil, "the file has several flows: say which one with --flow").Hint = hint("", flows)
	case !slices.Contains(flows, flow):
		problems.Errorf(nil, "there is no flow %q with a source", flow).Hint = hint(flow, flows)
	}
	inlets = slices.DeleteFunc(inlets, func(in sim.Inlet) bool { return in.Flow != flow })
	i := slices.IndexFunc(inlets, func(in sim.Inlet) bool { return o.Source == "" || o.Source == in.Source })
	switch {
	case i >= 0:
		return inlets[i], nil
	case len(inlets) > 0:
		problems.Errorf(nil, "flow %s has no source %q", flow, o.Source).Hint = hint(o.Source, names(inlets, func(in sim.Inlet) string { return in.Source }))
	}
	return in, problems.Err()
}

func names(inlets []sim.Inlet, name func(sim.Inlet) string) (list []string) {
	for _, in := range inlets {
		if !slices.Contains(list, name(in)) {
			list = append(list, name(in))
		}
	}
	return list
}

func hint(name string, known []string) string {
	if near := conf.Nearest(name, known); near != "" {
		return `did you mean "` + near + `"?`
	}
	text := "there are:"
	for i, k := range known {
		if i > 0 {
			text += ","
		}
		text += " " + k
	}
	return text
}

// Deliver implements [sim.Outside]: every sink takes everything.
func (w *watch) Deliver(ctx context.Context, p *sim.Process, sink string, e *pipeline.Event) error {
	w.deliver(ctx, sink, p.Pipeline.TakesDeadLetters(sink), e)
	return nil
}

// Settled implements [sim.Outside].
func (w *watch) Settled(_ *sim.Process, s *sim.Sent) { w.finish(s.Origin.(*Message), FateSettled) }

// Returned implements [sim.Outside].
func (w *watch) Returned(_ *sim.Process, s *sim.Sent) { w.finish(s.Origin.(*Message), FateReturned) }
