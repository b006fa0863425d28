package pipeline

import "time"

// Names of what the engine itself counts and times; see [Pipeline.Measured]. All but the
// retried, the returned and the dead letters only with [Options].Measure.
const (
	CountRead     = "read"     // events that a source gave
	CountIn       = "in"       // events that entered a stage or sink
	CountOut      = "out"      // events that a stage handed on, or a sink settled
	CountRetried  = "retried"  // further attempts of a stage or sink
	CountReturned = "returned" // events that a stage or sink gave back to their source
	CountLost     = "lost"     // spans that a tracer has dropped, where it tells
	CountDead     = "dead"     // dead letters of a stage or sink, by reason

	countEnded = "ended"
	countExtra = "extra"

	// TimeInside is how long an event was in a stage or sink, waiting and further attempts
	// included: until the stage handed it on.
	TimeInside = "inside"
	// TimeFromEvent is from when an event happened until a sink of the flow settled it.
	TimeFromEvent = "from_event"
	// TimeFromReceipt is from when its source got an event until a sink of the flow
	// settled it.
	TimeFromReceipt = "from_receipt"
)

// Owner is whose count something is: a part of a pipeline, or a whole flow.
type Owner struct {
	Kind string // one of the kinds
	Flow string // "" for a sink or state store
	Part string // its name, "" for a flow
}

// Kinds of owners.
const (
	KindFlow   = "flow"
	KindStage  = "stage"
	KindSource = "source"
	KindSink   = "sink"
	KindState  = "state"
	KindTracer = "tracer"
)

// stepMeter counts what enters and leaves a step, and how long that takes.
//
// A lane knows in which step its event is, and since when: the clock is read once where an
// event goes from one step to the next, and of many events in a row for each eighth only,
// which then counts for the others.
type stepMeter struct {
	sink    bool
	in, out *Counter
	ended   *Counter // entered, and neither went on nor was settled
	extra   *Counter // out, beyond those that entered: parts
	inside  *Timing
	// Of sinks that get events, not letters.
	fromEvent, fromReceipt *Timing
}

// timedOf is of how many events in a row one is timed.
const timedOf = 8

// newMeter returns nil unless somebody asked for measurements.
func (s *step) newMeter() *stepMeter {
	f := s.flow
	if !f.measure {
		return nil
	}
	stats, at := f.pipeline.stats, s.owner()
	counter := func(name string) *Counter { return stats.engineCounter(at, name, "") }
	m := &stepMeter{sink: s.sink, in: counter(CountIn), out: counter(CountOut), ended: counter(countEnded), extra: counter(countExtra), inside: stats.timing(at, TimeInside, stepScale)}
	if s.sink && !s.policy.last {
		whole := Owner{Kind: KindFlow, Flow: f.name}
		m.fromEvent = stats.timing(whole, TimeFromEvent, endToEndScale)
		m.fromReceipt = stats.timing(whole, TimeFromReceipt, endToEndScale)
	}
	return m
}

func (s *step) owner() Owner {
	kind := KindStage
	if s.sink {
		kind = KindSink
	}
	return Owner{Kind: kind, Flow: s.flow.name, Part: s.name}
}

// weigh says for how many events the i-th of s counts where it is timed, 0: it is not. One
// event on its way to several targets is timed on all of them.
func (s *sequence) weigh(i int) uint8 {
	switch {
	case s.targets != nil:
		return s.weight
	case i%timedOf == 0:
		return uint8(min(timedOf, s.len()-i))
	}
	return 0
}

// enter notes that the event of l gets from the step it was in to that of m.
func (m *stepMeter) enter(l *lane) {
	var now time.Duration
	if l.weight > 0 {
		now = l.flow.tick()
	}
	if was := l.meter; was != nil {
		was.out.Inc()
		was.inside.add(now-l.since, l.weight)
	}
	m.in.Inc()
	l.meter, l.since = m, now
}

// parted notes that n events go on in place of that of l, each on a lane of its own.
func (l *lane) parted(n int) {
	if m := l.meter; m != nil {
		m.out.Add(n)
		m.extra.Add(n - 1)
		m.done(l)
	}
}

// left notes that the event of l ends in this step, unless it has gone on from there: it
// was dropped, goes back or becomes a dead letter.
func (m *stepMeter) left(l *lane) {
	if l.meter == m {
		m.ended.Inc()
		m.done(l)
	}
}

func (m *stepMeter) done(l *lane) {
	l.meter = nil
	if l.weight > 0 {
		m.inside.add(l.flow.tick()-l.since, l.weight)
	}
}

// settled notes that a sink has settled the event of l.
func (m *stepMeter) settled(l *lane, e *Event) {
	l.meter = nil
	m.out.Inc()
	if l.weight == 0 {
		return
	}
	now := l.flow.clock.Now()
	m.inside.add(now.Sub(l.flow.pipeline.epoch)-l.since, l.weight)
	if !e.Time.IsZero() {
		m.fromEvent.add(now.Sub(e.Time), l.weight)
	}
	if !e.Received.IsZero() {
		m.fromReceipt.add(now.Sub(e.Received), l.weight)
	}
}

// leave notes what became of the event in the step; its way on was noted before.
func (m *stepMeter) leave(l *lane, e *Event, err error) {
	switch {
	case l.meter != m:
	case m.sink && err == nil:
		m.settled(l, e)
	default:
		m.left(l)
	}
}

// tick is the time since the pipeline was built.
func (f *flow) tick() time.Duration {
	if f.clock == System {
		return time.Since(f.pipeline.epoch) // half the price of a whole time
	}
	return f.clock.Now().Sub(f.pipeline.epoch)
}
