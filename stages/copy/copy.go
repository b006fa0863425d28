// Package copy gives a copy of each event to a sink on the way. The event itself
// goes on; it is settled when both are.
package copy

import "github.com/leat-io/leat/pipeline"

// Stage declares the copy stage.
var Stage = pipeline.DefineStage("copy", Config{}, New).Passes()

// Config is the copy stage's part of pipeline.yaml.
type Config struct {
	// The sink, or list of sinks, that gets the copy; a flow as in
	// copy: {to: {flow: name}}.
	To pipeline.Targets `yaml:"to,required,short"`
}

// Traits tells check what the stage does.
func (c Config) Traits() pipeline.Traits { return pipeline.Traits{Keeps: true} }

// Branches says where the copy goes.
func (c Config) Branches() []pipeline.Branch { return []pipeline.Branch{{To: c.To, Copy: true}} }

// New builds the stage.
func New(c Config, env *pipeline.Env) (pipeline.Stage, error) {
	aside := env.Target(c.To)
	return func(next pipeline.Handler) pipeline.Handler { return pipeline.Beside(aside, next) }, nil
}
