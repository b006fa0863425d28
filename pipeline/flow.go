package pipeline

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/leat-io/leat/internal/conf"
)

// flow is one flow of a pipeline: sources, a chain of stages, targets.
type flow struct {
	name     string
	node     *conf.Node // where it is named
	value    *conf.Node // what the file says of it
	uses     []string   // see [Env.Uses]
	sinks    map[*sink]bool
	pipeline *Pipeline
	clock    Clock
	config   flowConfig
	limits   *limits
	group    *numbering
	sources  []*namedSource
	stages   []*builtStage
	// incomplete: a stage could not be built, so that what the flow seems to
	// lack may be what that stage is there for.
	incomplete bool
	targets    Handler // what config.To says, nil without
	policy     *policy
	ailments   []ailment
	gauges     []gauge
	handle     Handler // the whole chain
	linked     bool    // has `link` among its sources
	links      []*Target
	follows    []*Follower
	onFull     []func(n int) int
	windows    []func() WindowStats
	entries    *entries // where events of dead letters enter it
	measure    bool     // see [Options].Measure
	lanes      laneList
	crew       crew
	control    control
	took       took

	stopOnce sync.Once
	stopping chan struct{}   // closed when held events shall come back
	hard     context.Context // ends when the stop has taken too long
	kill     context.CancelFunc
}

// namedSource is a source and what it is called in messages.
type namedSource struct {
	*Source
	name   string
	node   *conf.Node
	config any           // its settings
	given  typed         // as the file or the preset has them
	preset *presetUse    // nil: it is named by itself
	stages []*builtStage // of its preset, before those of the flow
	handle Handler       // what its events go through
	read   *Counter      // events that came from it
	estate *estate       // nil: what goes back to it comes again
}

// builtStage is a stage of a flow with what check asks about.
type builtStage struct {
	address string // name, or type#n
	node    *conf.Node
	stage   Stage
	config  any
	traits  Traits
	passes  bool  // see [StageDef.Passes]
	given   typed // as the file has it
}

// ErrNoRoute is the error of an event that no route of its flow takes.
var ErrNoRoute = errors.New("no route takes the event")

// sourceStep is where an event fails that its source could not read.
const sourceStep = "source"

// compile joins the flow's steps into one handler.
func (f *flow) compile() {
	unclaimed, dedupe := f.newUnclaimed()
	end := f.end()
	f.entries.add(endStep, end)
	behind := f.chain(f.stages[dedupe:], end, nil)
	h := f.chain(f.stages[:dedupe], behind, unclaimed)
	f.handle = f.readable(h, unclaimed)
	for _, s := range f.sources {
		s.handle = f.handle
		s.read = f.pipeline.stats.engineCounter(Owner{Kind: KindSource, Flow: f.name, Part: s.name}, CountRead, "")
		if len(s.stages) > 0 {
			s.handle = f.readable(f.chain(s.stages, h, unclaimed), unclaimed)
		}
	}
}

// chain puts stages before a handler, each guarded.
func (f *flow) chain(stages []*builtStage, h Handler, u *unclaimed) Handler {
	for _, s := range slices.Backward(stages) {
		st := f.newStep(s.address)
		st.unclaimed, st.kind = u, s.given.name
		if !s.passes {
			h = Await(h)
		}
		h = st.traced(st.guard(st.seen(s.stage(st.tracedOn(st.seenOn(h))))))
		f.entries.add(s.address, h)
	}
	return h
}

// readable puts the source itself before a handler: what it could not read fails there.
func (f *flow) readable(h Handler, unclaimed *unclaimed) Handler {
	st := f.newStep(sourceStep)
	st.unclaimed = unclaimed
	source := st.traced(st.guard(func(_ context.Context, e *Event) error { return Reject(e.fault) }))
	return func(ctx context.Context, e *Event) error {
		if e.fault != nil {
			return source(ctx, e)
		}
		return h(ctx, e)
	}
}

// endStep is where an event fails that reaches the end of a flow without "to".
const endStep = "to"

// end is what follows the last stage.
func (f *flow) end() Handler {
	if f.targets != nil {
		return f.targets
	}
	st := f.newStep(endStep)
	return st.traced(st.guard(func(context.Context, *Event) error { return Reject(ErrNoRoute) }))
}

// onError is the place of what a flow counts for all of its steps.
func (f *flow) onError() Owner { return Owner{Kind: KindFlow, Flow: f.name, Part: "on_error"} }

func (f *flow) newStep(name string) *step {
	s := &step{id: int32(len(f.pipeline.steps)), name: name, flow: f, policy: f.policy}
	f.pipeline.steps = append(f.pipeline.steps, s)
	return s
}

// consume runs the events of a message through the flow, beginning with handle.
func (f *flow) consume(m *message.Message, t *ticket, handle Handler) error {
	ctx, cancel := f.killable(m.Context())
	defer cancel()
	s := &sequence{ctx: ctx, flow: f, handler: handle, events: t.events, owned: true, tell: t.tell, credits: t.slots - 1, roots: f.group.roots(t.number, len(t.events))}
	for i, e := range t.events {
		e.Seq.Message = t.number + uint64(i)
	}
	l := &lane{Context: ctx, flow: f, seq: s, berth: berth{slot: slotInFlight}}
	f.lanes.add(l)
	return s.run(l)
}

// killable returns a context that also ends when the flow gives up waiting for
// its events. One that never ends by itself needs nothing: see [lane.Done].
func (f *flow) killable(ctx context.Context) (context.Context, func()) {
	if ctx.Done() == nil {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	unlink := context.AfterFunc(f.hard, cancel)
	return ctx, func() {
		unlink()
		cancel()
	}
}
