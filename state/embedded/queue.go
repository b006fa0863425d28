package embedded

import (
	"context"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// batchSize is how many commits are written at once at most.
const batchSize = 5000

// queue holds what waits for the writer. The lock is never held while anything
// is read or written.
type queue struct {
	wake   chan struct{} // has room for one: there is work
	enough chan struct{} // has room for one: there is as much as is wanted

	mu      sync.Mutex
	batches []*batch           // the first is written next
	saves   map[save]time.Time // wait for the next transaction
	writing map[save]time.Time // are in the running one
	wanted  int                // commits that the writer waits for
	flush   bool               // saves are not to wait for a commit any longer
	closed  bool
}

// batch is commits that are written, or fail, together.
type batch struct {
	records []record
	running bool          // guarded by the queue's lock
	done    chan struct{} // closed when the batch is on the disk or has failed
	err     error         // set before done is closed
	tell    []func(error) // called then, with err
}

// save is a key whose time is to be written.
type save struct {
	table *table
	key   pipeline.Digest
}

func (q *queue) init() {
	q.wake, q.enough = make(chan struct{}, 1), make(chan struct{}, 1)
	q.saves = map[save]time.Time{}
}

// add puts a record into the next batch that has room. Tell is called once that is
// written or has failed, unless it is nil.
func (q *queue) add(r record, tell func(error)) (*batch, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return nil, errClosed
	}
	n := len(q.batches)
	if n == 0 || len(q.batches[n-1].records) == batchSize {
		q.batches = append(q.batches, &batch{done: make(chan struct{})})
		n++
	}
	b := q.batches[n-1]
	b.records = append(b.records, r)
	if tell != nil {
		b.tell = append(b.tell, tell)
	}
	q.signal()
	q.tellEnough()
	return b, nil
}

// wait returns when the batch is written or has failed, or when ctx ends before
// the writer took it.
func (q *queue) wait(ctx context.Context, b *batch) error {
	select {
	case <-b.done:
		return b.err
	case <-ctx.Done():
	}
	q.mu.Lock()
	running := b.running
	q.mu.Unlock()
	if !running {
		return ctx.Err()
	}
	<-b.done
	return b.err
}

// save notes the latest time of a key and reports whether it is the first that
// waits.
func (q *queue) save(s save, at time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.saves[s] = at
	return len(q.saves) == 1
}

// saved returns the time of a key that is not in the file yet.
func (q *queue) saved(s save) (time.Time, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if at, ok := q.saves[s]; ok {
		return at, true
	}
	at, ok := q.writing[s]
	return at, ok
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.signal()
	q.tellEnough()
}

func (q *queue) isClosed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}

// signal wakes the writer.
func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}
