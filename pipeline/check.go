package pipeline

import "slices"

// check looks at whether the parts of each flow fit each other. A flow whose
// parts could not be built is looked at all the same, as far as that makes sense.
func (b *fileBuilder) check() {
	for _, f := range b.p.flows {
		b.checkReach(f)
		b.checkEnd(f)
		b.checkOrder(f)
		b.checkOnce(f)
		b.checkMemory(f)
		b.checkSources(f)
		b.checkProduction(f)
	}
	b.checkSpools()
	if b.problems.HasErrors() {
		return // what seems unused may be what a misspelt name means
	}
	for _, f := range b.p.flows {
		b.checkSamples(f)
		if f.linked && len(f.sources) == 0 && !b.isCalled(f) {
			b.problems.Errorf(f.node, "no event reaches flow %q: its only source is a link, and no other flow has {flow: %s} as a target", f.name, f.name)
		}
	}
	for _, s := range b.p.sinks {
		if !s.used && !s.dead {
			b.problems.Errorf(s.node, "no event reaches sink %q: name it in a flow's to, a route, a copy or a dead_letter, or remove it", s.name)
		}
	}
}

// isCalled reports whether a flow sends events to f.
func (b *fileBuilder) isCalled(f *flow) bool {
	return slices.ContainsFunc(b.p.flows, func(from *flow) bool {
		return slices.ContainsFunc(from.links, func(t *Target) bool { return t.Flow == f.name })
	})
}

// checkReach finds what stands behind a stage that lets nothing past.
func (b *fileBuilder) checkReach(f *flow) {
	for i, s := range f.stages {
		if !s.traits.CatchAll {
			continue
		}
		if i+1 < len(f.stages) {
			b.problems.Errorf(f.stages[i+1].node, "no event reaches this stage: %s (line %d) takes every event", s.address, s.node.Line)
		} else if len(f.config.To) > 0 {
			b.problems.Errorf(f.config.To[0].node, "no event reaches this \"to\": %s (line %d) takes every event", s.address, s.node.Line)
		}
		return
	}
}

// checkEnd finds events that reach the end of a flow and have nowhere to go.
func (b *fileBuilder) checkEnd(f *flow) {
	if len(f.config.To) > 0 || f.incomplete {
		return
	}
	last := Traits{}
	at := f.node
	if n := len(f.stages); n > 0 {
		last, at = f.stages[n-1].traits, f.stages[n-1].node
	}
	switch {
	case last.CatchAll:
	case last.Ends:
		b.problems.Warnf(at, "flow %q has no catch-all: an event that no rule matches becomes a dead letter; end the rules with one that has no \"when\", or give the flow a \"to\"", f.name)
	default:
		b.problems.Errorf(f.node, "events of flow %q reach no sink: give it a \"to\", or end its stages with a route", f.name)
	}
}
