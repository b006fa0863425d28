package pipeline

import (
	"slices"
	"time"

	"github.com/leat-io/leat/internal/conf"
)

// OnError says what happens to an event that a stage or sink cannot handle. It
// is part of a flow, and of a sink where it differs from the flow's.
type OnError struct {
	// How a stage or sink that fails is called again. Only the one that failed
	// is; the event keeps its claim, its turn and its place meanwhile.
	Retry RetryConfig `yaml:"retry"`
	// The sink for events that can never be handled: rejected by a stage or
	// sink, or given up. Without one they go back to their source. It may not be a flow.
	DeadLetter *Target `yaml:"dead_letter"`
	// Names of fields whose values are secret, beside those that presets name. In dead
	// letters and in the log "[redacted]" stands in their place, in either casing and
	// wherever they are. They count for all flows of the file, as events go on from one
	// to another. A payload that is not JSON and contains a name is hidden as a whole.
	Redact []string `yaml:"redact,one"`
}

// RetryConfig is how a stage or sink is called again.
type RetryConfig struct {
	// Pause before the second attempt, doubled after each further one up to the
	// upper bound. Empty: 200ms..30s.
	Backoff conf.Range `yaml:"backoff"`
	// How long an event is tried before it is given up. Without it an outage
	// only stops the flow for as long as it lasts.
	GiveUpAfter time.Duration `yaml:"give_up_after"`
}

var defaultBackoff = conf.Range{Min: 200 * time.Millisecond, Max: 30 * time.Second}

// policy is an OnError that has been resolved.
type policy struct {
	backoff     conf.Range
	giveUpAfter time.Duration
	dead        Handler // nil: none
	last        bool    // it is the one of dead letters themselves
	count       *Counter
}

// policy resolves an OnError for a flow. What c leaves open is as in base.
func (p *Pipeline) policy(f *flow, c *OnError, base *policy, problems *conf.Problems) *policy {
	out := *base
	out.count = p.stats.counter(f.onError(), CountDeadLetters)
	if c.Retry.Backoff.Min > 0 {
		out.backoff = c.Retry.Backoff
	}
	if c.Retry.GiveUpAfter > 0 {
		out.giveUpAfter = c.Retry.GiveUpAfter
	}
	if t := c.DeadLetter; t != nil && t.Flow != "" {
		problems.Errorf(t.node, "dead_letter: want the name of a sink, not a flow")
	} else if t != nil && t.node != nil {
		if s := p.findSink(t, problems); s != nil {
			s.dead = true
			// Behind the dead letters there is nothing: what their sink refuses
			// goes back to the source.
			out.dead = Await(s.handler(f, &policy{backoff: out.backoff, giveUpAfter: out.giveUpAfter, last: true, count: out.count}))
		}
	}
	return &out
}

// Validate checks the names.
func (c OnError) Validate() error {
	if slices.Contains(c.Redact, "") {
		return FieldError("redact", "want names of fields, such as password; one is empty")
	}
	return nil
}

// Validate checks the backoff.
func (c RetryConfig) Validate() error {
	if c.Backoff.Min < 0 || c.Backoff.Min == 0 && c.Backoff.Max > 0 {
		return FieldError("backoff", "must be longer than 0s")
	}
	if c.GiveUpAfter < 0 {
		return FieldError("give_up_after", "must not be negative")
	}
	return nil
}
