package pipeline

import (
	"context"
	"slices"
	"time"

	"github.com/leat-io/leat/internal/conf"
)

// sink is a declared sink with the options beside its type.
type sink struct {
	name    string
	node    *conf.Node // where it is named
	value   *conf.Node
	given   typed // as the file has it
	options sinkOptions
	config  any     // its settings
	handle  Handler // the sink itself, paced and counted
	breaker *breaker
	part    *part
	used    bool // events can reach it
	dead    bool // dead letters can reach it
}

// declareSinks makes all sinks known by name, before what names them is built.
func (b *fileBuilder) declareSinks() {
	n := b.config.Sinks
	if n == nil || n.Kind == conf.Null {
		return
	}
	if n.Kind != conf.Map {
		b.problems.Errorf(n, "sinks: want name: {type: {settings}} for each sink")
		return
	}
	for _, field := range n.Fields {
		b.p.sinks = append(b.p.sinks, &sink{
			name: field.Key.Value, node: field.Key, value: field.Value,
			breaker: &breaker{name: field.Key.Value, log: b.options.Log, clock: b.options.Clock},
		})
	}
}

func (b *fileBuilder) buildSinks() {
	defs := b.options.Catalog.Sinks
	names := namesOf(defs, func(d SinkDef) string { return d.Name })
	for _, s := range b.p.sinks {
		t, ok := readTyped(s.value, "sink type", names, []string{"max_in_flight", "rate", "on_error"}, b.problems)
		if !ok {
			continue
		}
		s.given = t
		conf.Decode(t.options, &s.options, b.problems)
		if s.options.MaxInFlight < 0 {
			b.problems.Errorf(t.options.Get("max_in_flight"), "max_in_flight: must be at least 1, or absent for no limit")
		}
		def := defs[slices.Index(names, t.name)]
		s.part = b.newPart(kindSink, s.name)
		h, c, ok := def.build(t.settings, b.envOf(s.part, s.name), b.problems)
		if i := b.options.Isolation; i != nil {
			b.isolate(s.part.from)
			h = i.Sink(s.name)
		}
		if ok {
			s.config, s.handle = c, s.limited(h, def.quick, b)
			s.share(b)
		}
	}
}

// share makes the sink a part, or takes over that of the pipeline before.
func (s *sink) share(b *fileBuilder) {
	s.part.handle, s.part.breaker = s.handle, s.breaker
	s.part = b.built(s.part, func(m marker) {
		m.typed(s.given)
		m.mark32(b.p.parts[0].mark)
	})
	s.handle, s.breaker = s.part.handle, s.part.breaker
}

// limited puts a sink behind its options and counts what it settles.
func (s *sink) limited(h Handler, quick bool, b *fileBuilder) Handler {
	delivered := b.p.stats.counter(Owner{Kind: KindSink, Part: s.name}, CountDelivered)
	count := func(err error) error {
		if err == nil {
			delivered.Inc()
		}
		return err
	}
	counted := func(ctx context.Context, e *Event) error { return Then(ctx, e, h, count) }
	if n := s.options.MaxInFlight; n > 0 {
		counted = withSlots(Await(counted), n)
	}
	if r := s.options.Rate; r.N > 0 {
		counted = withPace(counted, &pacer{clock: b.options.Clock, interval: r.Per / time.Duration(r.N)})
	}
	if quick && s.options.MaxInFlight == 0 && s.options.Rate.N == 0 {
		return counted
	}
	return func(ctx context.Context, e *Event) error {
		Yield(ctx)
		return counted(ctx, e)
	}
}

// withSlots lets n events into h at the same time.
func withSlots(h Handler, n int) Handler {
	slots := make(chan struct{}, n)
	return func(ctx context.Context, e *Event) error {
		select {
		case slots <- struct{}{}: // also when the flow stops: what is under way is finished
		default:
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return ctx.Err()
			case <-Stopping(ctx):
				return ErrReturned
			}
		}
		defer func() { <-slots }()
		return h(ctx, e)
	}
}

func withPace(h Handler, p *pacer) Handler {
	return func(ctx context.Context, e *Event) error {
		if err := p.wait(ctx, Stopping(ctx)); err != nil {
			return err
		}
		return h(ctx, e)
	}
}

// handler returns the sink as a step of a flow, under that flow's policy.
func (s *sink) handler(f *flow, pol *policy) Handler {
	h, _ := s.step(f, pol)
	return h
}

func (s *sink) step(f *flow, pol *policy) (Handler, *step) {
	f.sinks[s] = true
	st := f.newStep(s.name)
	st.sink, st.kind, st.policy, st.breaker = true, s.given.name, pol, s.breaker
	return st.traced(st.guard(st.seen(func(ctx context.Context, e *Event) error { return s.handle(ctx, e) }))), st
}

// findSink returns the sink that t names, or reports that there is none.
func (p *Pipeline) findSink(t *Target, problems *conf.Problems) *sink {
	names := make([]string, len(p.sinks))
	for i, s := range p.sinks {
		if s.name == t.Sink {
			return s
		}
		names[i] = s.name
	}
	suggest(problems.Errorf(t.node, "there is no sink %q", t.Sink), t.Sink, names)
	return nil
}

// resolve returns the handler of a target, nil when there is no such sink or flow.
func (p *Pipeline) resolve(from *flow, t *Target, problems *conf.Problems) Handler {
	if t.Flow != "" {
		return p.resolveFlow(from, t, problems)
	}
	s := p.findSink(t, problems)
	if s == nil {
		return nil
	}
	s.used = true
	pol := from.policy
	if own := s.options.OnError; own != nil {
		pol = p.policy(from, own, pol, problems)
	}
	h, st := s.step(from, pol)
	t.sent = &st.settled
	return h
}

// resolveFlow returns a call of another flow. The event stays that of the first
// flow's source: it is settled when the other flow has settled it.
func (p *Pipeline) resolveFlow(from *flow, t *Target, problems *conf.Problems) Handler {
	names := make([]string, len(p.flows))
	for i, f := range p.flows {
		if f.name == t.Flow {
			t.from = len(from.stages)
			from.links = append(from.links, t)
			return t.counted(f.tracedLink(func(ctx context.Context, e *Event) error { return f.handle(ctx, e) }))
		}
		names[i] = f.name
	}
	suggest(problems.Errorf(t.node, "there is no flow %q", t.Flow), t.Flow, names)
	return nil
}
