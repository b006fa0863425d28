package pipeline

import (
	"context"

	"github.com/leat-io/leat/internal/conf"
)

// NewEnv returns an env for a stage that is used outside of a pipeline, with
// [ToMiddleware] or in a test. Give it to the stage's New, call [Env.Start]
// before the first event and [Env.Close] after the last. There is no source
// whose order could be followed: reorder goes by the wall clock, and cannot go
// by arrival. A nil state remembers nothing; of o only Clock and Log count.
func NewEnv(name string, state State, o Options) *Env {
	o = o.withDefaults()
	p := newPipeline(o)
	p.state = state
	if state == nil {
		p.state = noState{}
	}
	f := &flow{name: name, pipeline: p, clock: o.Clock, group: &numbering{}, limits: newLimits(flowConfig{})}
	return &Env{Name: name, Flow: name, Clock: o.Clock, Log: o.Log, pipeline: p, flow: f, space: name, problems: &conf.Problems{}}
}

// Start runs what the parts built with this env registered in [Env.OnStart]. A
// pipeline does that itself.
func (env *Env) Start(ctx context.Context) error { return env.pipeline.start(ctx) }

// Close runs what they registered in [Env.OnClose].
func (env *Env) Close() error { return env.pipeline.close() }

// Count returns the sum of the counters of a name that these parts keep.
func (env *Env) Count(name string) int64 { return env.pipeline.Stats().Sum(name) }
