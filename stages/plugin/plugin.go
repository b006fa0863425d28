// Package plugin gives events to a program of one's own, which runs as a process beside leat and says what becomes of each.
//
// The program is written with the SDK for Go (package plugins), or from the templates for
// Python and Node that `leat plugin new` writes. It may change an event, make several of
// it, drop it, reject it, or ask for it again later. It is started with the flow, started
// again when it dies, and replaced when its file changes and `watch` says so. An event
// whose outcome is unknown is given to it again.
//
// Behind `reorder` a plugin has one event of a key at a time, in order. Without, events
// of a key may be under way in it together, as everywhere in leat.
package plugin

import (
	"context"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/plugins/host"
	"github.com/leat-io/leat/plugins/proto"
)

// Stage declares the plugin stage.
var Stage = pipeline.DefineStage("plugin", Config{host.Defaults}, New).Passes()

// Config is the plugin stage's part of pipeline.yaml.
type Config struct {
	host.Config `yaml:",inline"`
}

// New builds the stage. The plugin is started when the flow is, and by check.
func New(c Config, env *pipeline.Env) (pipeline.Stage, error) {
	h := host.For(c.Config, env, false)
	dropped := env.Counter(pipeline.CountDropped)
	return func(next pipeline.Handler) pipeline.Handler {
		goOn := func(ctx context.Context, e *pipeline.Event, result *proto.Result, err error) error {
			if err != nil {
				return err
			}
			out, err := host.Outcome(e, result)
			if err != nil {
				return err
			}
			if len(out) == 0 {
				dropped.Inc()
				env.Log.Debug("dropped", "id", e.ID, "reason", result.GetDrop().GetReason())
			}
			return pipeline.Each(ctx, out, next)
		}
		return func(ctx context.Context, e *pipeline.Event) error { return h.Give(ctx, e, goOn) }
	}, nil
}
