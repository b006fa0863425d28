package pipeline

import "time"

// check looks at whether the parts of each flow fit each other. A flow whose
// parts could not be built is looked at all the same, as far as that makes sense.
func (b *fileBuilder) check() {
	broken := b.problems.HasErrors()
	for _, f := range b.p.flows {
		b.checkEnd(f)
		b.checkOrder(f)
		b.checkMemory(f)
		b.checkSources(f)
	}
	if broken {
		return // what seems unused may be what a misspelt name means
	}
	for _, s := range b.p.sinks {
		if !s.used && !s.dead {
			b.problems.Errorf(s.node, "no event reaches sink %q: name it in a flow's to, a route, a copy or a dead_letter, or remove it", s.name)
		}
	}
}

// checkEnd finds events that reach the end of a flow and have nowhere to go.
func (b *fileBuilder) checkEnd(f *flow) {
	if len(f.config.To) > 0 {
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
		}
		if t.Orders && !f.linked {
			b.checkReorder(s, before)
		}
		before = merge(before, t)
	}
}

func (b *fileBuilder) checkReorder(s *builtStage, before Traits) {
	switch {
	case !before.SetsKey && !before.SetsTime && !s.traits.ByArrival:
		b.problems.Errorf(s.node, "reorder needs a key and a time, and no stage before it sets them: put an identify with key and time before it")
	case !before.SetsKey:
		b.problems.Errorf(s.node, "reorder needs a key, and no stage before it sets one: add key to identify")
	case !before.SetsTime && !s.traits.ByArrival:
		b.problems.Errorf(s.node, "reorder needs a time, and no stage before it sets one: add time to identify")
	}
}

// checkMemory compares how long events are held with how long dedupe remembers.
func (b *fileBuilder) checkMemory(f *flow) {
	held := holdTime(f)
	for _, s := range f.stages {
		if r := s.traits.Remembers; s.traits.Dedupes && r > 0 && r <= held {
			b.problems.Errorf(s.node, "%s: ttl (%s) must be longer than events are held in the flow (%s): a copy that comes while the first one waits would be taken for new", s.address, r, held)
		}
	}
}

// checkSources refuses a window that a source cannot wait for.
func (b *fileBuilder) checkSources(f *flow) {
	if len(f.sources) == 0 && !f.linked {
		return
	}
	held := holdTime(f)
	for _, t := range f.links {
		held += holdTime(b.p.flow(t.Flow))
	}
	for _, s := range f.sources {
		if held > 0 && s.Hold < held {
			b.problems.Errorf(s.node, "source %s can leave an event unacknowledged for %s, and the flow holds events for %s: shorten the window, or use a source that waits", s.name, s.Hold, held)
		}
		if held > 0 && s.InFlight > 0 && s.InFlight < 10 {
			b.problems.Warnf(s.node, "source %s keeps %d messages in flight, so that hardly anything can be put in order behind it", s.name, s.InFlight)
		}
	}
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
