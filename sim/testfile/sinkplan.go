package testfile

import (
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// SinkPlan is what goes wrong at a sink.
type SinkPlan struct {
	// Fail is how many attempts fail before the first that does not.
	Fail int `yaml:"fail,short"`
	// Down is when every attempt fails, since the start: 1m..5m, or a list of such times.
	Down []conf.Range `yaml:"down,one"`
	// Reject is an expression that says which events the sink refuses for good.
	Reject pipeline.Expr `yaml:"reject"`
	// Takes is how long the sink takes for each attempt.
	Takes time.Duration `yaml:"takes"`
}

// Validate checks what one setting cannot.
func (p SinkPlan) Validate() error {
	if p.Fail < 0 {
		return pipeline.FieldError("fail", "must not be negative")
	}
	if p.Takes < 0 {
		return pipeline.FieldError("takes", "must not be negative")
	}
	if err := p.Reject.Condition(); err != nil {
		return pipeline.FieldError("reject", "%w", err)
	}
	return nil
}

// down reports whether the sink is away at a time since the start.
func (p SinkPlan) down(at time.Duration) bool {
	for _, r := range p.Down {
		if r.Min <= at && at < r.Max {
			return true
		}
	}
	return false
}
