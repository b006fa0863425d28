package pipeline

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// Isolation cuts a pipeline off from everything outside of it, for tests and simulations:
// flows, stages, limits and policies are as in the file, while something else stands in for
// each source, each sink and the state store. Those of the file are built, so that their
// settings are checked and the flow knows what they can do, but never started.
// A stage that asks others over a network is a problem of the file then.
type Isolation struct {
	// Source returns what gives the events of a source. s is what that source can do.
	Source func(flow, name string, s Source) message.Subscriber
	// Sink returns what takes the events of a sink.
	Sink func(name string) Handler
	// State returns what stands in for the state store that the file names; real is nil
	// where it names none.
	State func(real State) State
	// Random returns a number from 0 to n-1 in place of chance, which varies how long
	// retries wait.
	Random func(n int64) int64
}

// standIn replaces a source. A spool makes of any source one that can wait.
func (i *Isolation) standIn(f *flow, s *namedSource, spooled bool) {
	can := *s.Source
	if spooled {
		can = Source{Hold: Forever, Redelivery: can.Redelivery}
	}
	can.Topic, can.Err, can.Progress, can.settled = "", nil, nil, nil
	can.Subscriber = i.Source(f.name, s.name, can)
	s.Source = &can
}

// isolate takes back what the parts that were built since have asked to be started for:
// something else stands in for them.
func (b *fileBuilder) isolate(hooksBefore int) { b.p.hooks = b.p.hooks[:hooksBefore] }

// isolateState replaces the state store.
func (b *fileBuilder) isolateState(real State, hooksBefore int) {
	if i := b.options.Isolation; i != nil {
		b.isolate(hooksBefore)
		b.p.state = i.State(real)
	}
}

// refuseRemote reports a stage that would reach out of an isolated pipeline.
func (b *fileBuilder) refuseRemote(flow string, s *builtStage) {
	if b.options.Isolation != nil && s.traits.Remote {
		b.problems.Errorf(s.node, "%s asks others over the network, which a test, a proof or a look at the flow does not", s.address).
			Hint = "lay settings that need no network over it, in a test as with: {flows: {" + flow + ": {override: {" + s.address + ": {…}}}}}"
	}
}

// Passed says what has been done for an event of an isolated pipeline when it gets to a
// sink: whether it went through a stage that drops copies, through one that puts events in
// the order of their times, and through one that keeps them in that of their arrival.
type Passed struct{ Dedupe, Order, Arrival bool }

type passedKey struct{}

// PassedBy returns what the event of ctx went through.
func PassedBy(ctx context.Context) Passed {
	p, _ := ctx.Value(passedKey{}).(Passed)
	return p
}

// observe has a stage of an isolated pipeline be noted by what passes it.
func (b *fileBuilder) observe(s *builtStage) {
	if b.options.Isolation == nil || s.stage == nil || !s.traits.Orders && !s.traits.Dedupes {
		return
	}
	stage := s.stage
	s.stage = func(next Handler) Handler {
		return stage(func(ctx context.Context, e *Event) error {
			p := PassedBy(ctx)
			p.Dedupe = p.Dedupe || s.traits.Dedupes
			p.Order = p.Order || s.traits.Orders && !s.traits.ByArrival
			p.Arrival = p.Arrival || s.traits.Orders && s.traits.ByArrival
			return next(context.WithValue(ctx, passedKey{}, p), e)
		})
	}
}

// Orders reports whether a stage of a flow puts events in order.
func (p *Pipeline) Orders(flow, stage string) bool {
	f := p.flow(flow)
	return f != nil && slices.ContainsFunc(f.stages, func(s *builtStage) bool { return s.address == stage && s.traits.Orders })
}

// LongestHold is the longest time for which a stage of the pipeline may hold an event.
func (p *Pipeline) LongestHold() (longest time.Duration) {
	for _, f := range p.flows {
		for _, s := range f.stages {
			longest = max(longest, s.traits.Holds)
		}
	}
	return longest
}

// random is chance, unless something stands in for it.
func (p *Pipeline) random(n int64) int64 {
	if p.chance != nil {
		return p.chance(n)
	}
	return rand.Int64N(n)
}
