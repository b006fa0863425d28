package redisstream

import (
	"context"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// batcher does something with many entries by one command. Entries that are added while a
// command is under way share the next one. What fails is tried again until it succeeds,
// or the source is closed.
type batcher struct {
	s    *subscription
	what string // it does, for messages
	send func(context.Context, []*entry) error

	mu      sync.Mutex
	waiting []*entry
	left    int // entries added and not done with
	running bool
	closed  bool
	working sync.WaitGroup
}

// batchSize is how many entries a command is about. More bring little, and keep the
// server from others for longer.
const batchSize = 500

// add is for entries that come later than the end of the source, too: they come again.
func (b *batcher) add(entries ...*entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || len(entries) == 0 {
		return
	}
	b.left += len(entries)
	b.waiting = append(b.waiting, entries...)
	if !b.running {
		b.running = true
		b.working.Go(b.run)
	}
}

func (b *batcher) run() {
	wait := newWait()
	for batch := b.take(); len(batch) > 0; batch = b.take() {
		for !b.done(batch) {
			if !b.rest(wait.Next()) {
				return
			}
		}
		wait.Reset()
	}
}

func (b *batcher) take() []*entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := min(len(b.waiting), batchSize)
	batch := b.waiting[:n:n]
	b.waiting = b.waiting[n:]
	b.running = n > 0
	return batch
}

func (b *batcher) done(batch []*entry) bool {
	ctx, cancel := context.WithTimeout(b.s.calls, callTimeout)
	defer cancel()
	if err := b.send(ctx, batch); err != nil {
		b.s.failed(b.what, err)
		return false
	}
	b.s.trouble.success(b.what)
	b.s.table.forget(batch...)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left -= len(batch)
	return true
}

// rest waits before another attempt, which comes soon when the source is being closed.
func (b *batcher) rest(d time.Duration) bool {
	return pipeline.Sleep(b.s.calls, b.s.clock, d, b.s.over) || pipeline.Sleep(b.s.calls, b.s.clock, min(d, shortestPause), nil)
}

// drain waits until everything is done, or may be tried no longer, and returns how many
// entries are left.
func (b *batcher) drain() int {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.working.Wait()
	return b.left
}
