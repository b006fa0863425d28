// Package plugin gives events to a program of one's own, which runs as a process beside leat and delivers or stores them.
//
// The program is written as one for the stage of the same name is. An event is settled
// when the program says so; until then, and when the program dies with it, it is not.
package plugin

import (
	"context"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/plugins/host"
	"github.com/leat-io/leat/plugins/proto"
)

// Sink declares the plugin sink.
var Sink = pipeline.DefineSink("plugin", Config{host.Defaults}, New).Quick()

// Config is the plugin sink's part of pipeline.yaml.
type Config struct {
	host.Config `yaml:",inline"`
}

// New builds the sink. The plugin is started when the pipeline is, and by check.
func New(c Config, env *pipeline.Env) (pipeline.Handler, error) {
	h := host.For(c.Config, env, true)
	dropped := env.Counter(pipeline.CountDropped)
	settled := func(_ context.Context, e *pipeline.Event, result *proto.Result, err error) error {
		if d := result.GetDrop(); d != nil {
			dropped.Inc()
			env.Log.Debug("dropped", "id", e.ID, "reason", d.GetReason())
		}
		return err
	}
	return func(ctx context.Context, e *pipeline.Event) error { return h.Give(ctx, e, settled) }, nil
}
