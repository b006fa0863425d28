package pipeline

import (
	"slices"
	"strings"
	"time"
)

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

// holdTime is how long an event may be held in a flow, on the way that takes longest.
func holdTime(f *flow) (longest time.Duration) {
	for _, path := range f.paths() {
		var d time.Duration
		for _, s := range path {
			d += s.traits.Holds
		}
		longest = max(longest, d)
	}
	return longest
}

// paths are the ways through a flow: its stages, behind those of each preset.
func (f *flow) paths() (list [][]*builtStage) {
	direct := f.linked || len(f.sources) == 0
	for _, s := range f.sources {
		if len(s.stages) > 0 {
			list = append(list, slices.Concat(s.stages, f.stages))
		}
		direct = direct || len(s.stages) == 0
	}
	if direct {
		list = append(list, f.stages)
	}
	return list
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
