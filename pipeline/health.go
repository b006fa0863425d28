package pipeline

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Phase is what a flow does.
type Phase string

// The phases of a flow.
const (
	PhaseStarting Phase = "starting" // not all of its sources are open yet
	PhaseRunning  Phase = "running"
	PhasePaused   Phase = "paused"   // see [Pipeline.Pause]
	PhaseDraining Phase = "draining" // see [Pipeline.Drain]
	PhaseDrained  Phase = "drained"
	PhaseStopping Phase = "stopping" // what is under way is finished or handed back
	PhaseStopped  Phase = "stopped"
	PhaseEnded    Phase = "ended"  // all of its input is settled
	PhaseFailed   Phase = "failed" // a source broke off, or it had to stop
)

func (p Phase) ready() bool {
	return p != PhaseStarting && p != PhaseStopping && p != PhaseStopped && p != PhaseFailed
}

// Health is how a pipeline is.
type Health struct{ Flows []FlowHealth }

// FlowHealth is how a flow is. Ready says that its sources are open and that it is not
// about to end; what fails for the moment, and is tried again, does not count against it.
type FlowHealth struct {
	Flow    string
	State   Phase
	Ready   bool
	Reasons []Reason
}

// Reason is something that a person should know of a flow.
type Reason struct {
	Kind string // "flow", "source", "stage", "sink", "plugin" or "state"
	Part string // its name
	// Text says what is wrong without naming the part, such as "fails: connection
	// refused". It holds no secrets.
	Text  string
	Since time.Time // zero: not known
}

// Ready reports whether all flows are.
func (h Health) Ready() bool {
	return !slices.ContainsFunc(h.Flows, func(f FlowHealth) bool { return !f.Ready })
}

// Failed reports whether a flow has failed.
func (h Health) Failed() bool {
	return slices.ContainsFunc(h.Flows, func(f FlowHealth) bool { return f.State == PhaseFailed })
}

// Health returns how the flows are and why. It may be called at any time.
func (p *Pipeline) Health() Health {
	var h Health
	for _, f := range p.flows {
		one := FlowHealth{Flow: f.name, State: f.state()}
		one.Ready = one.State.ready()
		one.Reasons = slices.Concat(f.reasons(one.State), f.failing(), f.ailing())
		h.Flows = append(h.Flows, one)
	}
	return h
}

// state is what the flow does; one that other flows feed does what those do.
func (f *flow) state() Phase {
	g := gatesOf(f)
	paused, drained := f.control.paused.IsShut(), false
	if paused {
		inFlight, held, _ := f.limits.now()
		drained = inFlight == 0 && (held == 0 || f.group.finite)
	}
	f.control.mu.Lock()
	draining := f.control.draining
	f.control.mu.Unlock()
	switch {
	case g.broken != nil || f.pipeline.started.Load() && f.group.failures.err() != nil:
		return PhaseFailed
	case g.all > 0 && g.over == g.all && g.ended:
		return PhaseEnded
	case g.all > 0 && g.over == g.all:
		return PhaseStopped
	case isClosed(f.stopping):
		return PhaseStopping
	case g.opened < g.all || g.all == 0:
		return PhaseStarting
	case paused && draining && drained:
		return PhaseDrained
	case paused && draining:
		return PhaseDraining
	case paused:
		return PhasePaused
	}
	return PhaseRunning
}

// gateCount is how far the gates of a flow are, or of those that feed it.
type gateCount struct {
	all, opened, over int
	ended             bool // by themselves
	broken            error
}

func gatesOf(f *flow) (c gateCount) {
	flows := []*flow{f}
	if len(f.sources) == 0 {
		flows = f.group.flows
	}
	c.ended = f.group.ended()
	for _, f := range flows {
		for _, g := range f.control.list() {
			c.all++
			g.mu.Lock()
			if g.in != nil {
				c.opened++
			}
			c.broken = cmp.Or(c.broken, g.broken)
			g.mu.Unlock()
			if isClosed(g.over) {
				c.over++
			}
		}
	}
	return c
}

func (c *control) list() []*gate {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.gates)
}

// reasons are those for the state of the flow.
func (f *flow) reasons(state Phase) (list []Reason) {
	switch state {
	case PhasePaused, PhaseDraining, PhaseDrained:
		f.control.mu.Lock()
		since := f.control.since
		f.control.mu.Unlock()
		text := map[Phase]string{PhasePaused: "paused by hand", PhaseDraining: "draining, by hand", PhaseDrained: "drained, by hand"}[state]
		return []Reason{{Kind: "flow", Part: f.name, Text: text, Since: since}}
	case PhaseStarting:
		for _, g := range f.control.list() {
			g.mu.Lock()
			if g.in == nil {
				list = append(list, Reason{Kind: kindSource, Part: g.source.name, Text: "not open yet"})
			}
			g.mu.Unlock()
		}
	case PhaseFailed:
		if err := errors.Join(gatesOf(f).broken, f.group.failures.err()); err != nil {
			return []Reason{{Kind: "flow", Part: f.name, Text: err.Error()}}
		}
	}
	return list
}

// failing says which stages and sinks fail on events now.
func (f *flow) failing() (list []Reason) {
	for _, s := range f.steps() {
		n, since, err := s.trials.now()
		if down, from, cause := s.breaker.down(); down && !s.entry {
			n, since, err = max(n, 1), from, cmp.Or(err, cause)
		}
		if n == 0 || err == nil {
			continue
		}
		kind := "stage"
		if s.sink {
			kind = kindSink
		}
		list = append(list, Reason{Kind: kind, Part: s.name, Text: fmt.Sprintf("fails (%s): %v", waitingEvents(n), err), Since: since})
	}
	return merged(list)
}

// merged leaves one reason of each part: a sink is a step for each way to it.
func merged(list []Reason) []Reason {
	slices.SortStableFunc(list, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Part, b.Part), a.Since.Compare(b.Since))
	})
	return slices.CompactFunc(list, func(a, b Reason) bool { return a.Kind == b.Kind && a.Part == b.Part })
}

func waitingEvents(n int) string {
	if n == 1 {
		return "1 event waits"
	}
	return fmt.Sprintf("%d events wait", n)
}

// down says since when and why a sink is down.
func (b *breaker) down() (down bool, since time.Time, cause error) {
	if b == nil || !b.open.Load() {
		return false, time.Time{}, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open.Load(), b.since, b.cause
}

// ailing is what the parts say themselves: those of the flow, and those of all.
func (f *flow) ailing() (list []Reason) {
	for _, a := range f.mayAil() {
		if text, since := a.ask(); text != "" {
			list = append(list, Reason{Kind: a.kind, Part: a.part, Text: text, Since: since})
		}
	}
	return list
}

// mayAil is whom to ask: the flow's own parts, and what all flows share as long as it is open.
func (f *flow) mayAil() []ailment {
	all := slices.Clone(f.ailments)
	for _, pt := range f.pipeline.parts {
		if pt.open() {
			all = append(all, pt.ailments...)
		}
	}
	return all
}

func (f *flow) steps() (list []*step) {
	for _, s := range f.pipeline.steps {
		if s.flow == f {
			list = append(list, s)
		}
	}
	return list
}
