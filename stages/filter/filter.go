// Package filter lets only events through that meet a condition. Others are
// dropped: settled, and counted.
package filter

import (
	"context"

	"github.com/leat-io/leat/pipeline"
)

// Stage declares the filter stage.
var Stage = pipeline.DefineStage("filter", Config{}, New).Passes()

// Config is the filter stage's part of pipeline.yaml.
type Config struct {
	// The condition that an event must meet to go on. An event for which it is
	// neither true nor false is rejected.
	When pipeline.Expr `yaml:"when,required,short"`
}

// Validate reports an expression that is no condition.
func (c Config) Validate() error {
	if err := c.When.Condition(); err != nil {
		return pipeline.FieldError("when", "%w", err)
	}
	return nil
}

// Traits tells check what the stage does.
func (c Config) Traits() pipeline.Traits { return pipeline.Traits{Keeps: true, Local: true} }

// New builds the stage.
func New(c Config, env *pipeline.Env) (pipeline.Stage, error) {
	dropped := env.Counter(pipeline.CountDropped)
	return func(next pipeline.Handler) pipeline.Handler {
		return func(ctx context.Context, e *pipeline.Event) error {
			switch ok, err := c.When.Bool(e); {
			case err != nil:
				return err
			case !ok:
				dropped.Inc()
				return nil
			}
			return next(ctx, e)
		}
	}, nil
}
