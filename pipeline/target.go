package pipeline

import (
	"context"
	"reflect"
	"sync/atomic"

	"github.com/leat-io/leat/internal/conf"
)

// Target is where a flow, a route or a copy sends events: a sink by its name, or
// another flow as {flow: name}.
type Target struct {
	Sink string
	Flow string
	node *conf.Node
	from int // how many stages of its flow stand before it
	sent *atomic.Int64
}

// Sent is how many events have been settled there that took this way.
func (t Target) Sent() int64 {
	if t.sent == nil {
		return 0
	}
	return t.sent.Load()
}

// counted counts what a target settles that is a flow.
func (t *Target) counted(h Handler) Handler {
	t.sent = new(atomic.Int64)
	count := func(err error) error {
		if err == nil {
			t.sent.Add(1)
		}
		return err
	}
	return func(ctx context.Context, e *Event) error { return Then(ctx, e, h, count) }
}

// Targets is one target or a list of them.
type Targets []Target

// flowRef names another flow.
type flowRef struct {
	// Flow is the name of a flow whose from has a link.
	Flow string `yaml:"flow,required"`
}

// UnmarshalNode implements the decoding of settings.
func (t *Target) UnmarshalNode(n *conf.Node, p *conf.Problems) {
	t.node = n
	switch n.Kind {
	case conf.Scalar:
		t.Sink = n.Value
	case conf.Map:
		var ref flowRef
		conf.Decode(n, &ref, p)
		t.Flow = ref.Flow
	default:
		p.Errorf(n, "want the name of a sink, or {flow: name}")
	}
}

// UnmarshalNode implements the decoding of settings.
func (t *Targets) UnmarshalNode(n *conf.Node, p *conf.Problems) {
	if n.Kind != conf.List {
		var one Target
		one.UnmarshalNode(n, p)
		*t = Targets{one}
		return
	}
	*t = make(Targets, len(n.Items))
	for i, item := range n.Items {
		(*t)[i].UnmarshalNode(item, p)
	}
	if len(n.Items) == 0 {
		p.Errorf(n, "the list of targets is empty: name a sink")
	}
}

// Target returns the handler that delivers to t: nil once all of its sinks and
// flows have settled the event. Each sink is tried again on its own, so one that
// has settled is not called twice. A target that does not exist is reported at
// its place in the file.
func (env *Env) Target(t Targets) Handler {
	handlers := make([]Handler, 0, len(t))
	for i := range t {
		if h := env.pipeline.resolve(env.flow, &t[i], env.problems); h != nil {
			handlers = append(handlers, h)
		}
	}
	h := fanOut(handlers)
	if len(handlers) == 1 {
		h = handlers[0]
	}
	if !env.passes {
		return Await(h)
	}
	return h
}

// Beside returns a handler that gives a copy of the event to aside and the event
// itself to next, and returns when both have settled it.
func Beside(aside, next Handler) Handler { return fanOut([]Handler{aside, next}) }

// fanOut gives an event to several targets. All but the last get a copy: a flow
// among them may change it.
func fanOut(targets []Handler) Handler {
	owned := make([]Handler, len(targets))
	for i, h := range targets {
		owned[i] = h
		if i < len(targets)-1 {
			owned[i] = func(ctx context.Context, e *Event) error { return h(ctx, e.Clone()) }
		}
	}
	return func(ctx context.Context, e *Event) error {
		if l := laneOf(ctx); l != nil {
			return l.branch(ctx, &sequence{targets: owned, events: []*Event{e}})
		}
		return eachTarget(ctx, e, owned)
	}
}

// eachTarget serves stages that are used outside a flow.
func eachTarget(ctx context.Context, e *Event, targets []Handler) error {
	for _, h := range targets {
		if err := h(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// Shape says what a target is read from.
func (Target) Shape() conf.Shape {
	return conf.Shape{Form: conf.FormEither, Word: "sink or {flow: name}", Either: []conf.Shape{{Word: "name of a sink"}, conf.ShapeOf(reflect.TypeFor[flowRef]())}}
}

// Shape says what targets are read from.
func (Targets) Shape() conf.Shape {
	one := Target{}.Shape()
	return conf.Shape{Form: conf.FormEither, Word: "sink, {flow: name} or list", Either: append(one.Either, conf.ListOf(one))}
}
