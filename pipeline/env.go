package pipeline

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/leat-io/leat/internal/conf"
)

// Env is what the engine lends to a stage, source, sink or state store while it
// is built. It may be kept.
type Env struct {
	// Name is how the part is called in messages and counters: a stage's name
	// or type, with #n from the second of the same name on; a sink's name.
	Name string
	// Flow is the flow of a stage or source, "" for a sink or state store.
	Flow  string
	Clock Clock
	Log   *slog.Logger
	// Plugins is what the file says of all plugins.
	Plugins PluginConfig

	pipeline *Pipeline
	kind     string // sink, state or source, "" for a stage
	passes   bool   // of a stage: see [StageDef.Passes]
	space    string // what its records in the state store are kept under
	flow     *flow
	part     *part // of a sink or state store
	node     *conf.Node
	problems *conf.Problems
}

// OnStart has f called before the first event arrives; an error keeps the
// pipeline from running. The context ends when the pipeline is stopped while f runs,
// and not when it stops later, since events are finished after that: what f starts
// must end in [Env.OnClose].
func (env *Env) OnStart(f func(ctx context.Context) error) {
	env.pipeline.hooks = append(env.pipeline.hooks, env.hook(hook{start: f, source: env.kind == kindSource}))
}

// OnClose has f called after the last event; the parts that were built last are
// closed first.
func (env *Env) OnClose(f func() error) {
	env.pipeline.hooks = append(env.pipeline.hooks, env.hook(hook{close: f}))
}

// OnReload has f called after every reload that leaves this part as it is, for what it may
// find changed outside of the file.
func (env *Env) OnReload(f func()) {
	env.pipeline.hooks = append(env.pipeline.hooks, env.hook(hook{reload: f}))
}

func (env *Env) hook(h hook) hook {
	h.name, h.flow, h.sink = env.label(), env.flow, env.kind == kindSink
	return h
}

func (env *Env) label() string {
	if env.Flow == "" {
		return env.kind + " " + env.Name
	}
	return env.Flow + "/" + env.Name
}

// Warn reports, at the part's place in the file, something that works but will
// hurt.
func (env *Env) Warn(format string, args ...any) {
	env.problems.Warnf(env.node, format, args...)
}

// Claims returns the dedupe memory of this stage: what another stage or flow
// remembers does not concern it.
func (env *Env) Claims() Claims { return env.measuredClaims(env.pipeline.state.Claims(env.space)) }

// Times returns the memory of this stage for the last released time of each key.
func (env *Env) Times() Times { return env.measuredTimes(env.pipeline.state.Times(env.space)) }

// Turnstile returns that of this stage, if the state store has one; see [Turnstiles].
// Call it in [Env.OnStart].
func (env *Env) Turnstile(o TurnstileOptions) (Turnstile, bool) {
	s, ok := env.pipeline.state.(Turnstiles)
	if !ok {
		return nil, false
	}
	return s.Turnstile(env.space, o), true
}

// Redelivery is after what time the sources give a message to others that was given to
// a process that died; the longest of them. It is known from [Env.OnStart] on.
func (env *Env) Redelivery() time.Duration { return env.flow.group.redelivery() }

// Finite reports whether all sources whose events can reach this stage end by
// themselves. It is known from [Env.OnStart] on.
func (env *Env) Finite() bool { return env.flow.group.finite }

// NotBefore is when events may first be released in order, zero for at once. After
// a run that was killed, messages that a queue had given to it come again only
// after a while, and what comes before them may be later than they are. It is
// known from [Env.OnStart] on.
func (env *Env) NotBefore() time.Time {
	s, ok := env.pipeline.state.(interface{ Unclean() bool })
	if !ok || !s.Unclean() {
		return time.Time{}
	}
	longest := env.flow.group.redelivery()
	if longest == 0 {
		return time.Time{}
	}
	opened := env.Clock.Now()
	if parts := env.pipeline.parts; len(parts) > 0 && parts[0].open() {
		opened = time.Unix(0, parts[0].since.Load()) // this flow may be younger than the run
	}
	return opened.Add(longest)
}

// Stopping returns a channel that closes when the flow stops: what a source gets
// back from then on was not refused, and can be offered to others at once.
func (env *Env) Stopping() <-chan struct{} { return env.flow.stopping }

// Follow returns what tells the stage how far its sources have come. moved is called each
// time that it has come further, also by several goroutines at once. Call it while building.
func (env *Env) Follow(moved func()) *Follower {
	f := &Follower{moved: moved, ahead: map[uint64]struct{}{}}
	env.flow.follows = append(env.flow.follows, f)
	return f
}

// OnFull has f called when a finite flow holds max_held events or more and none of
// its events is on its way: a stage that holds some then lets n of them go early, or as
// many as it has, and returns how many they were. Otherwise the input would never be
// read on. With 0 it only takes in what has become of others.
func (env *Env) OnFull(f func(n int) int) {
	env.flow.onFull = append(env.flow.onFull, f)
}

// Counter returns a counter of this part. The summary adds up the counters of
// the same name.
func (env *Env) Counter(name string) *Counter {
	return env.pipeline.stats.counter(env.owner(), name)
}

// Timing returns what times something that this part does, nil unless somebody has asked
// for measurements; see [Options].Measure.
func (env *Env) Timing(name string) *Timing {
	if !env.pipeline.measure {
		return nil
	}
	return env.pipeline.stats.timing(env.owner(), name, stepScale)
}

// Gauge has value be asked how much there is of something of this part, by whoever wants
// to know. It may be called at any time, before the start and after the end too, and must
// not wait.
func (env *Env) Gauge(name string, value func() int64) {
	g := gauge{env.owner(), name, value}
	if env.part != nil {
		env.part.gauges = append(env.part.gauges, g)
	} else {
		env.flow.gauges = append(env.flow.gauges, g)
	}
}

func (env *Env) owner() Owner {
	kind := env.kind
	if kind == "" {
		kind = KindStage
	}
	return Owner{Kind: kind, Flow: env.Flow, Part: env.Name}
}

// Counter counts events.
type Counter struct {
	Owner
	Name   string
	Reason string // of dead letters
	engine bool
	n      atomic.Int64
}

// Inc adds one.
func (c *Counter) Inc() { c.n.Add(1) }

// Add adds k.
func (c *Counter) Add(k int) { c.n.Add(int64(k)) }

func (c *Counter) count() Count { return Count{c.Owner, c.Name, c.Reason, c.engine, c.Value()} }

// Value returns the count so far.
func (c *Counter) Value() int64 { return c.n.Load() }
