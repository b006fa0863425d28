package pipeline

import (
	"slices"
	"sync"
	"sync/atomic"
)

// stats are the counters of a pipeline.
type stats struct {
	mu       sync.Mutex
	counters []*Counter // of the parts
	engine   []*Counter // of the engine
	timings  []*Timing

	read     atomic.Int64
	returned atomic.Int64
}

// counter returns the counter of a part, the same one for the same place and name.
func (s *stats) counter(at Owner, name string) *Counter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return counterIn(&s.counters, at, name, "", false)
}

// engineCounter is counter for what only [Pipeline.Measured] returns.
func (s *stats) engineCounter(at Owner, name, reason string) *Counter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return counterIn(&s.engine, at, name, reason, true)
}

func counterIn(list *[]*Counter, at Owner, name, reason string, engine bool) *Counter {
	for _, c := range *list {
		if c.Owner == at && c.Name == name && c.Reason == reason {
			return c
		}
	}
	c := &Counter{Owner: at, Name: name, Reason: reason, engine: engine}
	*list = append(*list, c)
	return c
}

func (s *stats) timing(at Owner, name string, sc *scale) *Timing {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.timings {
		if t.Owner == at && t.Name == name {
			return t
		}
	}
	t := &Timing{Owner: at, Name: name, scale: sc, buckets: make([]atomic.Uint64, len(sc.bounds)+1)}
	s.timings = append(s.timings, t)
	return t
}

// Names of counters that the engine keeps or the summary shows.
const (
	CountDelivered   = "delivered"    // settled by a sink, dead letters included
	CountDeadLetters = "dead_letters" // given up by a stage or sink
	CountDuplicates  = "duplicates"   // dropped: a copy was delivered in this run
	CountEarlier     = "earlier"      // dropped: an earlier run delivered it
	CountSplit       = "split"        // messages that were split
	CountParts       = "parts"        // what they were split into
	CountUntimed     = "untimed"      // no time could be read, where one was to be
	CountReordered   = "reordered"    // left after an event that came later
	CountLate        = "late"         // came after a later event of the key had left
	CountForced      = "forced"       // left before its time, to stay within max_held
	CountDropped     = "dropped"      // dropped on purpose, by a filter or a policy
)

// Stats is what a pipeline has done since it was started.
type Stats struct {
	Read     int64 // events that came from sources, before any split
	Returned int64 // events that went back to their source with an error
	InFlight int   // under way now
	Held     int   // waiting now
	Counts   []Count
	Flows    []FlowStats // in the order of the file
	// Spools are those of sources that have one.
	Spools []SpoolStats
	// DeadLetterSinks are the sinks that only get dead letters.
	DeadLetterSinks []string
}

// Count is the value of one counter.
type Count struct {
	Owner
	Name   string
	Reason string // of dead letters
	Engine bool   // the engine keeps it, and not the part
	Value  int64
}

// Sum adds up the counters of a name.
func (s Stats) Sum(name string) (n int64) {
	for _, c := range s.Counts {
		if c.Name == name {
			n += c.Value
		}
	}
	return n
}

// Stats returns the current counts. It may be called at any time.
func (p *Pipeline) Stats() Stats {
	s := Stats{Read: p.stats.read.Load(), Returned: p.stats.returned.Load()}
	p.stats.mu.Lock()
	counters := slices.Clone(p.stats.counters)
	p.stats.mu.Unlock()
	for _, c := range counters {
		s.Counts = append(s.Counts, c.count())
	}
	for _, k := range p.sinks {
		if k.dead && !k.used {
			s.DeadLetterSinks = append(s.DeadLetterSinks, k.name)
		}
	}
	for _, sp := range p.spools {
		s.Spools = append(s.Spools, sp.stats())
	}
	for _, f := range p.flows {
		one := f.stats()
		s.Flows = append(s.Flows, one)
		s.InFlight += one.InFlight
		s.Held += one.Held
	}
	return s
}

// Progress adds up how much of their input the finite sources have read. The
// total is 0 when one of them does not know it.
func (p *Pipeline) Progress() (done, total int64) {
	for _, f := range p.flows {
		for _, s := range f.sources {
			if s.Progress == nil {
				return 0, 0
			}
			d, t := s.Progress()
			if t == 0 {
				return 0, 0
			}
			done, total = done+d, total+t
		}
	}
	return done, total
}

// Finite reports whether all sources end by themselves.
func (p *Pipeline) Finite() bool {
	for _, f := range p.flows {
		if len(f.sources) > 0 && !f.group.finite {
			return false
		}
	}
	return true
}

// StartAfresh says how to make the state store forget what was delivered, "" when
// it forgets by itself.
func (p *Pipeline) StartAfresh() string {
	if s, ok := p.state.(interface{ StartAfresh() string }); ok {
		return s.StartAfresh()
	}
	return ""
}

// SinkNames are the sinks of the file, in its order.
func (p *Pipeline) SinkNames() (names []string) {
	for _, s := range p.sinks {
		names = append(names, s.name)
	}
	return names
}

// TakesDeadLetters reports whether dead letters can reach a sink.
func (p *Pipeline) TakesDeadLetters(name string) bool {
	return slices.ContainsFunc(p.sinks, func(s *sink) bool { return s.name == name && s.dead })
}
