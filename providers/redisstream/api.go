package redisstream

import (
	"context"
	"time"
)

// api is a consumer of a group as the subscription uses it. None of its methods tries
// again; those that bring entries may have taken effect although they failed.
type api interface {
	// create makes the stream and its group, if there are none. The group begins behind
	// an entry.
	create(ctx context.Context, after string) error
	// read waits for entries that no consumer of the group was given yet.
	read(ctx context.Context, count int, block time.Duration) ([]*received, error)
	// pending lists, behind an entry, those that are pending with this consumer.
	pending(ctx context.Context, after string, count int) ([]given, error)
	// again gives entries again that are pending with this consumer. Those that are not,
	// or exist no longer, are missing from its answer.
	again(ctx context.Context, ids []string) ([]*received, error)
	// claim takes over entries that nobody has kept young for a while. It begins at a
	// cursor and returns the next one, which is firstCursor at the end.
	claim(ctx context.Context, cursor string, idle time.Duration, count int) (claimed, error)
	// age says how old entries are from now on. It returns those that are pending with this
	// consumer; others it leaves alone. Of a group that is gone nothing is.
	age(ctx context.Context, ids []string, idle time.Duration) (mine []string, err error)
	// settle acknowledges entries, whoever they are pending with, and may delete them.
	settle(ctx context.Context, ids []string, remove bool) error
	// sweep removes consumers of generated names that nobody has heard of for a while and
	// that have nothing pending.
	sweep(ctx context.Context, idle time.Duration) error
	// leave removes this consumer unless something is pending with it.
	leave(ctx context.Context) error
	close()
}

// given is an entry that a consumer was given.
type given struct {
	id    string
	times int
}

const firstCursor = "0-0"

// claimed is what was taken over.
type claimed struct {
	entries []*received
	deleted int // entries that were pending and exist no longer
	next    string
}
