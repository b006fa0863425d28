package pipeline

// checkOrder looks at what dedupe and reorder need from the stages before them.
func (b *fileBuilder) checkOrder(f *flow) {
	for _, path := range f.paths() {
		b.checkPath(f, path)
	}
}

func (b *fileBuilder) checkPath(f *flow, path []*builtStage) {
	var before Traits
	var dedupe *builtStage
	for _, s := range path {
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

func merge(a, b Traits) Traits {
	a.SetsID = a.SetsID || b.SetsID
	a.SetsKey = a.SetsKey || b.SetsKey
	a.SetsTime = a.SetsTime || b.SetsTime
	return a
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
