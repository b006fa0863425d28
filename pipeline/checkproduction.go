package pipeline

import (
	"cmp"
	"time"
)

// checkProduction warns of what works until there are many events, or until the process
// is started again.
func (b *fileBuilder) checkProduction(f *flow) {
	b.checkRetention(f)
	b.checkForgetting(f)
	b.checkRoom(f)
}

// checkRetention finds a dedupe that forgets events while their source may still give
// them again.
func (b *fileBuilder) checkRetention(f *flow) {
	for _, path := range f.paths() {
		for _, s := range path {
			source := b.p.keepsLongest(f)
			if source == nil || s.traits.Remembers == 0 || s.traits.Remembers >= source.Retention {
				continue
			}
			b.problems.Warnf(s.node, "%s: source %s keeps messages for %s, and ttl (%s) is shorter: a copy that comes after an outage is delivered again",
				s.address, source.name, short(source.Retention), short(s.traits.Remembers)).
				Hint = "write ttl: " + short(source.Retention) + ", or tell the source its retention"
		}
	}
}

// keepsLongest is the source with the longest retention of those whose events come to a
// flow, also by way of others; nil if no retention is known.
func (p *Pipeline) keepsLongest(f *flow) (longest *namedSource) {
	for _, source := range p.sourcesOf(f, nil) {
		if source.Retention > 0 && (longest == nil || source.Retention > longest.Retention) {
			longest = source
		}
	}
	return longest
}

// sourcesOf are the sources of a flow and of those that send events to it.
func (p *Pipeline) sourcesOf(f *flow, seen []string) []*namedSource {
	if contains(seen, f.name) {
		return nil
	}
	seen = append(seen, f.name)
	list := f.sources
	for _, from := range p.flows {
		for _, t := range from.links {
			if t.Flow == f.name {
				list = append(list[:len(list):len(list)], p.sourcesOf(from, seen)...)
			}
		}
	}
	return list
}

// checkForgetting finds a state that the file names and that is gone with the process,
// while the source gives again what was under way.
func (b *fileBuilder) checkForgetting(f *flow) {
	if _, forgets := b.p.state.(Forgetful); !forgets || b.config.State == nil || b.options.Rehearsal != nil {
		return
	}
	for _, s := range b.p.sourcesOf(f, nil) {
		if (s.Returns || s.Redelivery > 0) && f.dedupes() {
			b.problems.Warnf(b.config.State, "the state is gone when the process ends, and source %s of flow %q gives again what was not acknowledged: such events are delivered twice after a restart", s.name, f.name).
				Hint = "use state: {embedded: {}}, or redis for several replicas"
			return
		}
	}
}

func (f *flow) dedupes() bool {
	for _, path := range f.paths() {
		for _, s := range path {
			if s.traits.Dedupes {
				return true
			}
		}
	}
	return false
}

// checkRoom compares how many events a window holds, at the rate that a sink of the flow
// is given, with how many may be held.
func (b *fileBuilder) checkRoom(f *flow) {
	held, sink := holdTime(f), b.p.fastest(f)
	if held == 0 || sink == nil {
		return
	}
	rate := sink.options.Rate
	need := float64(rate.N) * held.Seconds() / rate.Per.Seconds()
	if room := f.config.MaxHeld; need > float64(room) {
		b.problems.Warnf(f.node, "at the rate of sink %s (%s) flow %q holds %.0f events for %s, and max_held allows %d: no more than %s get through",
			sink.name, rate, f.name, need, short(held), room, rateOf(room, held)).
			Hint = "make max_held larger, or the window shorter"
	}
	for _, s := range f.sources {
		if s.InFlight >= 10 && need > float64(s.InFlight) {
			b.problems.Warnf(s.node, "at the rate of sink %s (%s) flow %q holds %.0f events for %s, and source %s keeps at most %d messages in flight: if each is one event, no more than %s get through",
				sink.name, rate, f.name, need, short(held), s.name, s.InFlight, rateOf(s.InFlight, held)).
				Hint = "give the source a spool, as in " + s.node.Value + ": {…, spool: true}, or make the window shorter"
		}
	}
}

// rateOf is n events in a time, by the second or, if that is less than ten, the hour.
func rateOf(n int, d time.Duration) Rate {
	if perSecond := int(float64(n) / d.Seconds()); perSecond >= 10 {
		return Rate{perSecond, time.Second}
	}
	return Rate{int(float64(n) / d.Hours()), time.Hour}
}

// fastest is the sink of a flow with the highest rate of those that are given one.
func (p *Pipeline) fastest(f *flow) (fastest *sink) {
	perHour := func(s *sink) int {
		return int(float64(s.options.Rate.N) * float64(time.Hour) / float64(cmp.Or(s.options.Rate.Per, time.Hour)))
	}
	names := p.sinksBehind(f, nil)
	for _, s := range p.sinks {
		if contains(names, s.name) && s.options.Rate.N > 0 && (fastest == nil || perHour(s) > perHour(fastest)) {
			fastest = s
		}
	}
	return fastest
}

// sinksBehind are the names of the sinks of a flow and of those that it goes on to.
func (p *Pipeline) sinksBehind(f *flow, seen []string) (names []string) {
	if contains(seen, f.name) {
		return nil
	}
	for _, t := range f.allTargets() {
		if t.Sink != "" {
			names = append(names, t.Sink)
		}
	}
	for _, t := range f.links {
		names = append(names, p.sinksBehind(p.flow(t.Flow), append(seen, f.name))...)
	}
	return names
}

// allTargets are those of the flow and of its stages.
func (f *flow) allTargets() []Target {
	targets := targetsIn(f.config.To)
	for _, s := range f.stages {
		targets = append(targets, targetsIn(s.config)...)
	}
	return targets
}
