package http

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/pipeline"
)

// batcher puts the events of concurrent calls into one request. Every call waits
// for the answer to that request, so an event is settled when its batch is.
type batcher struct {
	client *client

	sending sync.WaitGroup
	running context.Context // ends with the sink, and with it all requests
	stop    context.CancelFunc

	mu   sync.Mutex
	open *batch // the one that still takes events, or nil
}

func newBatcher(c *client) *batcher {
	b := &batcher{client: c}
	b.running, b.stop = context.WithCancel(context.Background())
	return b
}

// handle returns nil once the batch with the event got a 2xx. When the receiver
// refuses the batch the event is sent again alone: it may not be the bad one.
func (b *batcher) handle(ctx context.Context, e *pipeline.Event) error {
	m, err := memberOf(e)
	if err != nil {
		return err
	}
	batch := b.join(m)
	select {
	case <-batch.answered:
	case <-ctx.Done():
		b.leave(batch, m)
		return ctx.Err()
	}
	if isRefused(batch.err) && len(batch.members) > 1 {
		return b.client.sendMembers(ctx, []*member{m})
	}
	return batch.err
}

// memberOf refuses what would make the whole array unreadable.
func memberOf(e *pipeline.Event) (*member, error) {
	raw, err := e.Bytes()
	if err != nil {
		return nil, err
	}
	if err := rawjson.Check(raw, anyDepth); err != nil {
		return nil, pipeline.Reject(fmt.Errorf("an event that is not JSON cannot be part of a batch: %w", err))
	}
	return &member{e.ID, raw}, nil
}

// join adds a member to the open batch. The first one starts its clock, the last
// one that fits sends it.
func (b *batcher) join(m *member) *batch {
	b.mu.Lock()
	defer b.mu.Unlock()
	batch := b.open
	if batch == nil {
		batch = newBatch()
		b.open = batch
		batch.timer = b.client.clock.AfterFunc(b.client.config.BatchWait, func() { b.due(batch) })
	}
	batch.members = append(batch.members, m)
	if len(batch.members) == b.client.config.Batch {
		b.send(batch)
	}
	return batch
}

// leave takes a member out of a batch that is not under way yet.
func (b *batcher) leave(batch *batch, m *member) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open == batch {
		batch.remove(m)
	}
}

// due sends a batch that has waited long enough, unless it was full before.
func (b *batcher) due(batch *batch) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open == batch {
		b.send(batch)
	}
}

// send needs the lock. From here on the batch does not change, and it has a
// request of its own that no single caller can cancel.
func (b *batcher) send(batch *batch) {
	b.open = nil
	batch.timer.Stop()
	b.sending.Go(func() {
		defer close(batch.answered)
		if len(batch.members) > 0 {
			batch.err = b.client.sendMembers(b.running, batch.members)
		}
	})
}

var errClosed = errors.New("the sink is closed")

// close ends requests that nobody can be waiting for any more.
func (b *batcher) close() error {
	b.stop()
	b.mu.Lock()
	if batch := b.open; batch != nil {
		b.open = nil
		batch.timer.Stop()
		batch.err = errClosed
		close(batch.answered)
	}
	b.mu.Unlock()
	b.sending.Wait()
	return b.client.close()
}
