package pipeline

import "slices"

// Measured is what a pipeline has counted and timed, for monitoring. Counts only grow; they
// are read one after another, while the pipeline goes on.
type Measured struct {
	// Book tells whose counts these are: two pipelines with the same one share them, so
	// that what one has counted is in the other's counts too.
	Book any
	// Counts are those of [Stats], and those of the engine for each flow, stage, source
	// and sink.
	Counts  []Count
	Timings []TimingCount
	Gauges  []GaugeValue
	Spools  []SpoolStats
	// Types are those of stages, by their places: what tells a filter from others.
	Types map[Owner]string
}

// GaugeValue is how much there is of something now.
type GaugeValue struct {
	Owner
	Name  string
	Value int64
}

// gauge is what [Env.Gauge] was told.
type gauge struct {
	Owner
	name  string
	value func() int64
}

// Names of the gauges of a flow, and of a sink.
const (
	GaugeInFlight     = "in_flight"
	GaugeMaxInFlight  = "max_in_flight"
	GaugeHeld         = "held"
	GaugeMaxHeld      = "max_held"
	GaugeHeldBytes    = "held_bytes"
	GaugeMaxHeldBytes = "max_held_bytes"
	GaugeReady        = "ready"  // 1: the flow is, see [FlowHealth]
	GaugePaused       = "paused" // 1: by hand
	GaugeInside       = "inside" // events in a stage or sink; only with [Options].Measure
	GaugeDown         = "down"   // 1: a sink fails, and its flows pause until it works again
)

// Measured returns what was counted and timed so far. It may be called at any time.
// Without [Options].Measure there are no timings, and what enters and leaves stages is
// not counted.
func (p *Pipeline) Measured() Measured {
	m := Measured{Book: p.stats, Types: map[Owner]string{}}
	p.stats.mu.Lock()
	counters, timings := slices.Concat(p.stats.counters, p.stats.engine), slices.Clone(p.stats.timings)
	p.stats.mu.Unlock()
	for _, c := range counters {
		m.Counts = append(m.Counts, c.count())
	}
	for _, t := range timings {
		m.Timings = append(m.Timings, t.count())
	}
	for _, g := range p.gauges() {
		m.Gauges = append(m.Gauges, GaugeValue{g.Owner, g.name, g.value()})
	}
	for _, sp := range p.spools {
		m.Spools = append(m.Spools, sp.stats())
	}
	m.Gauges = append(m.Gauges, inside(m.Counts)...)
	p.measureFlows(&m)
	p.measureSinks(&m)
	p.measureTracer(&m)
	return m
}

// gauges are those of all parts, also of flows that it took over.
func (p *Pipeline) gauges() (all []gauge) {
	for _, pt := range p.parts {
		all = append(all, pt.gauges...)
	}
	for _, f := range p.flows {
		all = append(all, f.gauges...)
	}
	return all
}

// inside is how many events are in each stage and sink, as those came in that have not
// left.
func inside(counts []Count) (gauges []GaugeValue) {
	sums, order := map[Owner]int64{}, []Owner{}
	for _, c := range counts {
		switch c.Name {
		case CountIn:
			order = append(order, c.Owner)
			sums[c.Owner] += c.Value
		case countExtra:
			sums[c.Owner] += c.Value
		case CountOut, countEnded:
			sums[c.Owner] -= c.Value
		}
	}
	for _, o := range order {
		gauges = append(gauges, GaugeValue{o, GaugeInside, max(sums[o], 0)})
	}
	return gauges
}

func (p *Pipeline) measureFlows(m *Measured) {
	for _, f := range p.flows {
		at := Owner{Kind: KindFlow, Flow: f.name}
		for name, value := range f.limits.measures() {
			m.Gauges = append(m.Gauges, GaugeValue{at, name, value})
		}
		m.Gauges = append(m.Gauges, GaugeValue{at, GaugeReady, oneIf(f.state().ready())}, GaugeValue{at, GaugePaused, oneIf(f.control.paused.IsShut())})
		for _, s := range f.allStages() {
			m.Types[Owner{Kind: KindStage, Flow: f.name, Part: s.address}] = s.given.name
		}
	}
}

func (p *Pipeline) measureSinks(m *Measured) {
	for _, s := range p.sinks {
		m.Gauges = append(m.Gauges, GaugeValue{Owner{Kind: KindSink, Part: s.name}, GaugeDown, oneIf(s.breaker.tripped())})
	}
}

func oneIf(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

// measureTracer asks a tracer that knows how many spans were dropped.
func (p *Pipeline) measureTracer(m *Measured) {
	if t, ok := p.tracer.(interface{ Lost() int64 }); ok {
		m.Counts = append(m.Counts, Count{Owner: Owner{Kind: KindTracer}, Name: CountLost, Engine: true, Value: t.Lost()})
	}
}

// allStages are those of the flow and of its presets.
func (f *flow) allStages() []*builtStage {
	all := slices.Clone(f.stages)
	for _, s := range f.sources {
		all = append(all, s.stages...)
	}
	return all
}

func (l *limits) measures() map[string]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return map[string]int64{
		GaugeInFlight: int64(l.work()), GaugeMaxInFlight: int64(l.maxInFlight),
		GaugeHeld: int64(l.held), GaugeMaxHeld: int64(l.maxHeld), GaugeHeldBytes: l.bytes, GaugeMaxHeldBytes: l.maxBytes,
	}
}
