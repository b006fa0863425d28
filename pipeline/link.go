package pipeline

import "strings"

// link joins flows that send events to each other: they share one numbering, so
// that a stage behind a link still knows how far the sources have come.
func (b *fileBuilder) link() {
	for _, f := range b.p.flows {
		for _, t := range f.links {
			to := b.p.flow(t.Flow)
			if !to.linked {
				b.problems.Errorf(t.node, "flow %q takes no events from other flows: give it \"from: {link: {}}\"", to.name)
			}
			join(b.p.flows, f.group, to.group)
		}
	}
	for _, f := range b.p.flows {
		f.group.sources += len(f.sources)
	}
	b.refuseCycles()
	b.prepareGroups()
}

func (p *Pipeline) flow(name string) *flow {
	for _, f := range p.flows {
		if f.name == name {
			return f
		}
	}
	return nil
}

func join(flows []*flow, into, from *numbering) {
	for _, f := range flows {
		if f.group == from {
			f.group = into
		}
	}
}

// prepareGroups tells groups and limits what the whole group is like.
func (b *fileBuilder) prepareGroups() {
	for _, f := range b.p.flows {
		f.group.finite = f.group.sources > 0
	}
	for _, f := range b.p.flows {
		for _, s := range f.sources {
			f.group.finite = f.group.finite && s.Finite
		}
		for _, follower := range f.follows {
			follower.index = len(f.group.followers)
			f.group.followers = append(f.group.followers, follower)
		}
		if len(f.group.followers) > 64 {
			b.problems.Errorf(f.node, "more than 64 stages that follow their source in flows that are linked")
		}
	}
	for _, f := range b.p.flows {
		if n := f.finiteSources(); n > 0 && n < len(f.sources) {
			b.problems.Warnf(f.node, "flow %q reads live sources beside such that end by themselves: all of it goes by the wall clock, so that a window holds up a file as long as it says", f.name)
		}
		f.group.flows = append(f.group.flows, f)
	}
	for _, f := range b.p.flows {
		f.group.shareLimits()
	}
}

// shareLimits has the limits of all flows of a group work together.
func (g *numbering) shareLimits() {
	first := g.flows[0]
	r := &relief{stopping: func() bool { return isClosed(first.stopping) }}
	for _, f := range g.flows {
		r.limits = append(r.limits, f.limits)
		r.holders = append(r.holders, f.onFull...)
		f.limits.underWay = first.limits.underWay
		if g.finite {
			f.limits.relief = r
		}
	}
}

func (f *flow) finiteSources() (n int) {
	for _, s := range f.sources {
		if s.Finite {
			n++
		}
	}
	return n
}

// refuseCycles reports flows that call themselves through others, each cycle
// at the first of its flows.
func (b *fileBuilder) refuseCycles() {
	var reported []string
	for _, f := range b.p.flows {
		if contains(reported, f.name) {
			continue
		}
		if path := b.p.pathBack(f, f, nil); path != nil {
			b.problems.Errorf(f.node, "flow %q calls itself: %s", f.name, strings.Join(path, " → "))
			reported = append(reported, path...)
		}
	}
}

// pathBack returns the names of the flows on the way from at to target.
func (p *Pipeline) pathBack(at, target *flow, path []string) []string {
	path = append(path, at.name)
	for _, t := range at.links {
		to := p.flow(t.Flow)
		if to == target {
			return append(path, target.name)
		}
		if contains(path, to.name) {
			continue
		}
		if found := p.pathBack(to, target, path); found != nil {
			return found
		}
	}
	return nil
}
