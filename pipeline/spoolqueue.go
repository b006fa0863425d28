package pipeline

import (
	"context"
	"sync"
)

// spoolQueue holds what was taken while an fsync runs: at most maxQueued bytes
// and one item.
type spoolQueue struct {
	filled, emptied chan struct{} // have room for one signal

	mu     sync.Mutex
	items  []*incoming
	size   int64
	closed bool
}

const maxQueued = 8 << 20

// queuedItem is what an item counts besides its records.
const queuedItem = 4 << 10

func newSpoolQueue() spoolQueue {
	return spoolQueue{filled: make(chan struct{}, 1), emptied: make(chan struct{}, 1)}
}

// put waits until there is room, or returns false when ctx ends first.
func (q *spoolQueue) put(ctx context.Context, item *incoming) bool {
	for {
		q.mu.Lock()
		if q.size < maxQueued {
			q.mu.Unlock()
			q.add(item)
			return true
		}
		q.mu.Unlock()
		select {
		case <-q.emptied:
		case <-ctx.Done():
			return false
		}
	}
}

// add puts an item in without waiting.
func (q *spoolQueue) add(item *incoming) {
	q.mu.Lock()
	q.items = append(q.items, item)
	q.size += item.size + queuedItem
	q.mu.Unlock()
	signal(q.filled)
}

// takeAll waits for items and takes all of them. It returns none after close.
func (q *spoolQueue) takeAll() []*incoming {
	for {
		q.mu.Lock()
		items, closed := q.items, q.closed
		q.items, q.size = nil, 0
		q.mu.Unlock()
		signal(q.emptied)
		if len(items) > 0 || closed {
			return items
		}
		<-q.filled
	}
}

func (q *spoolQueue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	signal(q.filled)
}

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
