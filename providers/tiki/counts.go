package tiki

import "github.com/leat-io/leat/pipeline"

// counts are what an operator may want to know of a source.
type counts struct {
	received   *pipeline.Counter // events
	again      *pipeline.Counter // events that came again and were not offered again
	unreadable *pipeline.Counter // elements that are no event
	returned   *pipeline.Counter // events that the flow handed back
	removed    *pipeline.Counter // events that Tiki was told of, and has confirmed
	failed     *pipeline.Counter // requests
}

func countsOf(env *pipeline.Env) *counts {
	return &counts{
		received: env.Counter("received"), again: env.Counter("received_again"), unreadable: env.Counter("unreadable"),
		returned: env.Counter("handed_back"), removed: env.Counter("acknowledged"), failed: env.Counter("requests_failed"),
	}
}
