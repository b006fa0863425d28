package pipeline

import (
	"slices"
	"strings"
	"time"
)

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
	}
	b.checkSpools()
	if b.problems.HasErrors() {
		return // what seems unused may be what a misspelt name means
	}
	for _, f := range b.p.flows {
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

// checkOrder looks at what dedupe and reorder need from the stages before them.
func (b *fileBuilder) checkOrder(f *flow) {
	var before Traits
	var dedupe *builtStage
	for _, s := range f.stages {
		t := s.traits
		if t.Splits && dedupe != nil {
			b.problems.Warnf(dedupe.node, "dedupe stands before split (line %d): it compares whole messages, and one failing part has all parts of its message delivered again; put it behind the split", s.node.Line)
		}
		if t.Dedupes {
			dedupe = s
			b.checkIdentity(f, s, before)
		}
		if t.Orders && !f.linked && !f.incomplete {
			b.checkReorder(f, s, before)
		}
		before = merge(before, t)
	}
}

// checkIdentity finds a dedupe that compares places in a file.
func (b *fileBuilder) checkIdentity(f *flow, s *builtStage, before Traits) {
	if before.SetsID || s.traits.SetsID || f.linked || f.incomplete || len(f.sources) == 0 {
		return
	}
	for _, source := range f.sources {
		if !source.Finite {
			return
		}
	}
	b.problems.Warnf(s.node, "no stage before %s says what an event is called, so that only a second run is recognised, and no copy in the input: put an identify with id before it", s.address)
}

func (b *fileBuilder) checkReorder(f *flow, s *builtStage, before Traits) {
	for _, source := range f.sources {
		if !s.traits.ByArrival && source.Serial {
			b.problems.Warnf(s.node, "source %s gives the next event of a group only after the one before is settled, so that each waits a whole window after the other: write by: arrival, or read a queue that is not FIFO", source.name)
		}
		if s.traits.ByArrival && !source.Ordered {
			b.problems.Warnf(s.node, "source %s does not promise any order, and by: arrival keeps the one it gives", source.name)
		}
	}
	switch {
	case !before.SetsKey && !before.SetsTime && !s.traits.ByArrival:
		b.problems.Errorf(s.node, "reorder needs a key and a time, and no stage before it sets them: put an identify with key and time before it")
	case !before.SetsKey:
		b.problems.Errorf(s.node, "reorder needs a key, and no stage before it sets one: add key to identify")
	case !before.SetsTime && !s.traits.ByArrival:
		b.problems.Errorf(s.node, "reorder needs a time, and no stage before it sets one: add time to identify")
	}
}

// checkOnce refuses a second stage that orders events behind a first one, in the
// same flow or in one that is called. What the first one holds the second would
// wait for, and the first one waits for what the second holds.
func (b *fileBuilder) checkOnce(f *flow) {
	for i, s := range f.stages {
		if !s.traits.Orders || f.incomplete {
			continue
		}
		for _, other := range f.stages[i+1:] {
			if other.traits.Orders {
				b.problems.Errorf(other.node, "%s stands behind %s (line %d): events are put in order once on their way", other.address, s.address, s.node.Line)
				return
			}
		}
		for _, t := range f.links {
			if other := b.p.ordersBehind(b.p.flow(t.Flow), nil); other != nil && t.from > i {
				b.problems.Errorf(t.node, "flow %q puts events in order (line %d) that %s (line %d) has put in order before: that is done once on their way", t.Flow, other.node.Line, s.address, s.node.Line)
			}
		}
	}
}

// ordersBehind returns a stage that orders events in a flow or one that it calls.
func (p *Pipeline) ordersBehind(f *flow, seen []string) *builtStage {
	if contains(seen, f.name) {
		return nil
	}
	for _, s := range f.stages {
		if s.traits.Orders {
			return s
		}
	}
	for _, t := range f.links {
		if s := p.ordersBehind(p.flow(t.Flow), append(seen, f.name)); s != nil {
			return s
		}
	}
	return nil
}

// checkMemory compares how long events are held with how long dedupe remembers.
func (b *fileBuilder) checkMemory(f *flow) {
	held := holdTime(f)
	for _, s := range f.stages {
		if r := s.traits.Remembers; s.traits.Dedupes && r > 0 && r <= held {
			b.problems.Errorf(s.node, "%s: ttl (%s) must be longer than events are held in the flow (%s): a copy that comes while the first one waits would be taken for new", s.address, short(r), short(held))
		}
	}
}

// checkSources refuses a window that a source cannot wait for.
func (b *fileBuilder) checkSources(f *flow) {
	if len(f.sources) == 0 && !f.linked {
		return
	}
	held := b.p.holdBehind(f, nil)
	for _, s := range f.sources {
		if held > 0 && s.Hold < held {
			b.problems.Errorf(s.node, "source %s can leave an event unacknowledged for %s, and the flow holds events for %s: give the source a spool, as in %s: {…, spool: true}, or shorten the window", s.name, short(s.Hold), short(held), s.node.Value)
		}
		if s.Returns && f.policy.dead == nil {
			b.problems.Warnf(s.node, "flow %q has no dead_letter: an event that can never be handled comes from %s again and again; give the flow on_error: {dead_letter: SINK}", f.name, s.name)
		}
		if held > 0 && s.InFlight > 0 && s.InFlight < 10 {
			b.problems.Warnf(s.node, "source %s keeps %d messages in flight, so that hardly anything can be put in order behind it: give the source a spool, as in %s: {…, spool: true}", s.name, s.InFlight, s.node.Value)
		}
	}
}

// short writes a duration as one would in a file: 2m, not 2m0s.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// holdBehind is how long an event may be held in a flow and those it goes on to.
// above are the flows it came through, in case there is a cycle.
func (p *Pipeline) holdBehind(f *flow, above []*flow) (d time.Duration) {
	above = append(above, f)
	for _, t := range f.links {
		if to := p.flow(t.Flow); !slices.Contains(above, to) {
			d = max(d, p.holdBehind(to, above))
		}
	}
	return d + holdTime(f)
}

func holdTime(f *flow) (d time.Duration) {
	for _, s := range f.stages {
		d += s.traits.Holds
	}
	return d
}

func merge(a, b Traits) Traits {
	a.SetsID = a.SetsID || b.SetsID
	a.SetsKey = a.SetsKey || b.SetsKey
	a.SetsTime = a.SetsTime || b.SetsTime
	return a
}
