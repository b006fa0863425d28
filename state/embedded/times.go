package embedded

import (
	"context"
	"time"

	"github.com/leat-io/leat/pipeline"
)

const (
	// keep is for how long a key is remembered at least after its last event.
	keep = 7 * 24 * time.Hour
	// saveWithin is how long a time waits for a commit to travel with.
	saveWithin = time.Second
)

// times remembers the last released time of each key.
type times struct {
	store *store
	table *table
}

// Last returns the last released time of a key, also one that is still on its
// way to the file, and whether an earlier run wrote it.
func (t *times) Last(_ context.Context, key string) (at time.Time, earlier bool, err error) {
	db, err := t.store.file()
	if err != nil {
		return time.Time{}, false, err
	}
	id := pipeline.DigestOf(key)
	if at, ok := t.store.queue.saved(save{t.table, id}); ok {
		return at, false, nil
	}
	value, err := t.table.find(db, id, t.store.clock)
	if err != nil || value == nil {
		return time.Time{}, false, wrap("read", t.store.path, err)
	}
	return timeOf(value), runOf(value) != t.store.run, nil
}

// Save has the time written with the next commit, or within a second if there
// is none. A crash before that loses it. After the close it does nothing.
func (t *times) Save(key string, at time.Time) {
	if _, err := t.store.file(); err != nil {
		return
	}
	if t.store.queue.save(save{t.table, pipeline.DigestOf(key)}, at) {
		t.store.writer.flushLater()
	}
}
