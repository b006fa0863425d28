package sqs

import "github.com/leat-io/leat/pipeline"

// counts are what an operator may want to know of a source.
type counts struct {
	received *pipeline.Counter // messages
	again    *pipeline.Counter // messages that came again while they were in flight
	extended *pipeline.Counter // visibility timeouts
	deleted  *pipeline.Counter // messages
	returned *pipeline.Counter // messages made visible again
	failed   *pipeline.Counter // requests
	throttle *pipeline.Counter // requests that were refused for being too many
}

// newCounts are counts that nobody looks at.
func newCounts() *counts {
	none := func() *pipeline.Counter { return new(pipeline.Counter) }
	return &counts{none(), none(), none(), none(), none(), none(), none()}
}

func countsOf(env *pipeline.Env) *counts {
	return &counts{
		received: env.Counter("received"), again: env.Counter("received_again"), extended: env.Counter("visibility_extended"),
		deleted: env.Counter("deleted"), returned: env.Counter("made_visible"), failed: env.Counter("requests_failed"), throttle: env.Counter("requests_throttled"),
	}
}
