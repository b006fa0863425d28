// Package route sends each event to the targets of the first rule it meets.
//
// The event is settled when its targets have settled it. One that meets no rule
// goes on to the next stage, and at the end of the flow to the flow's "to"; with
// neither it becomes a dead letter.
package route

import (
	"context"
	"fmt"
	"slices"

	"github.com/leat-io/leat/pipeline"
)

// Stage declares the route stage.
var Stage = pipeline.DefineStage("route", Config{}, New).Passes()

// Config is the route stage's part of pipeline.yaml.
type Config struct {
	// The rules, in the order in which they are tried.
	Rules []Rule `yaml:"rules,required,short"`
}

// Rule is one way an event can take.
type Rule struct {
	// The condition; without one every event meets the rule.
	When pipeline.Expr `yaml:"when"`
	// The sink, or list of sinks, or {flow: name}.
	To pipeline.Targets `yaml:"to,required"`
}

// Validate reports an expression that is no condition.
func (r Rule) Validate() error {
	if err := r.When.Condition(); err != nil {
		return pipeline.FieldError("when", "%w", err)
	}
	return nil
}

// Validate reports rules that no event can reach.
func (c Config) Validate() error {
	if len(c.Rules) == 0 {
		return pipeline.FieldError("rules", "want at least one rule, such as {to: sink}")
	}
	for i, r := range c.Rules[:len(c.Rules)-1] {
		if r.When.IsZero() {
			return fmt.Errorf("rule %d has no \"when\" and takes every event, so that the rules after it are never tried", i+1)
		}
	}
	return nil
}

// Traits tells check where events go from here.
func (c Config) Traits() pipeline.Traits {
	catchAll := slices.ContainsFunc(c.Rules, func(r Rule) bool { return r.When.IsZero() })
	return pipeline.Traits{Ends: true, CatchAll: catchAll, Keeps: true}
}

// Branches says where the rules lead.
func (c Config) Branches() []pipeline.Branch {
	branches := make([]pipeline.Branch, len(c.Rules))
	for i, r := range c.Rules {
		branches[i] = pipeline.Branch{When: r.When.String(), To: r.To}
	}
	return branches
}

// New builds the stage.
func New(c Config, env *pipeline.Env) (pipeline.Stage, error) {
	targets := make([]pipeline.Handler, len(c.Rules))
	for i, r := range c.Rules {
		targets[i] = env.Target(r.To)
	}
	return func(next pipeline.Handler) pipeline.Handler {
		return func(ctx context.Context, e *pipeline.Event) error {
			for i := range c.Rules {
				met, err := c.Rules[i].meets(e)
				if err != nil {
					return err
				}
				if met {
					return targets[i](ctx, e)
				}
			}
			return next(ctx, e)
		}
	}, nil
}

func (r *Rule) meets(e *pipeline.Event) (bool, error) {
	if r.When.IsZero() {
		return true, nil
	}
	return r.When.Bool(e)
}
