package redisstream

import "github.com/leat-io/leat/pipeline"

// counts are what an operator may want to know of a source.
type counts struct {
	received *pipeline.Counter // entries
	again    *pipeline.Counter // entries that came again while they were in flight
	claimed  *pipeline.Counter // entries taken over from others
	deleted  *pipeline.Counter // entries that were deleted before they were settled
	kept     *pipeline.Counter // entries kept young, each time
	settled  *pipeline.Counter // entries acknowledged
	returned *pipeline.Counter // entries that the flow handed back
	failed   *pipeline.Counter // commands
	labels   *pipeline.Counter // that cannot be read, each time they are given out
}

// newCounts are counts that nobody looks at.
func newCounts() *counts {
	none := func() *pipeline.Counter { return new(pipeline.Counter) }
	return &counts{none(), none(), none(), none(), none(), none(), none(), none(), none()}
}

func countsOf(env *pipeline.Env) *counts {
	return &counts{
		received: env.Counter("received"), again: env.Counter("received_again"), claimed: env.Counter("taken_over"),
		deleted: env.Counter("deleted_unsettled"), kept: env.Counter("kept_young"), settled: env.Counter("acknowledged"),
		returned: env.Counter("handed_back"), failed: env.Counter("commands_failed"),
		labels: env.Counter("labels_unreadable"),
	}
}
