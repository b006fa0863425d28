package identify

import "github.com/leat-io/leat/pipeline"

// TypeRule is one way to find the type of an event.
type TypeRule struct {
	// The field or expression that gives it.
	From pipeline.Expr `yaml:"from,required,short"`
	// The condition under which the rule counts; id is the one found here.
	When pipeline.Expr `yaml:"when"`
}

// Validate reports a condition that is none.
func (r TypeRule) Validate() error { return condition(r.When) }

func condition(when pipeline.Expr) error {
	if err := when.Condition(); err != nil {
		return pipeline.FieldError("when", "%w", err)
	}
	return nil
}

// readType tries the rules in turn.
func (found *identity) readType(e *pipeline.Event, rules []TypeRule) error {
	kind := ""
	for i := range rules {
		ok, err := found.holds(&rules[i].When, e)
		if err == nil && ok {
			kind, err = rules[i].From.TextOrNone(e)
		}
		if err != nil {
			return err
		}
		if kind != "" {
			break
		}
	}
	if len(rules) > 0 {
		found.kind = kind
	}
	return nil
}
