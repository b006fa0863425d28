package sqs

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// remover deletes settled messages, up to ten with each request. A message that
// cannot be deleted is tried again until it is, or the source is closed: SQS
// would give it to somebody again.
type remover struct {
	s       *subscription
	trouble *trouble
	slots   chan struct{} // one for each request under way
	working sync.WaitGroup

	mu      sync.Mutex
	pending []*entry
	timer   pipeline.Timer
	parked  map[*parked]struct{}
	left    int           // entries added and not yet deleted
	closing bool          // nothing is waited for any more
	done    bool          // nothing is deleted any more
	empty   chan struct{} // closed when left is 0, once closing
}

// parked is what failed and waits for another attempt.
type parked struct {
	batch []*entry
	timer pipeline.Timer
}

const (
	removeWait     = 50 * time.Millisecond
	removeRequests = 32
)

func newRemover(s *subscription) *remover {
	return &remover{s: s, trouble: s.troubleWith("settled messages cannot be deleted"), slots: make(chan struct{}, removeRequests), parked: map[*parked]struct{}{}, empty: make(chan struct{})}
}

// add deletes a message with the next request. One that comes after the end comes
// again.
func (r *remover) add(e *entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done {
		return
	}
	r.left++
	r.enqueue(e)
}

func (r *remover) enqueue(entries ...*entry) {
	if r.done {
		return
	}
	r.pending = append(r.pending, entries...)
	for len(r.pending) >= maxBatch {
		r.send(maxBatch)
	}
	switch {
	case len(r.pending) == 0:
	case r.closing:
		r.send(len(r.pending))
	case r.timer == nil:
		r.timer = r.s.clock.AfterFunc(removeWait, r.flush)
	}
}

func (r *remover) flush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.timer = nil
	if n := len(r.pending); n > 0 && !r.done {
		r.send(n)
	}
}

func (r *remover) send(n int) {
	batch := slices.Clone(r.pending[:n])
	r.pending = append(r.pending[:0], r.pending[n:]...)
	if len(r.pending) == 0 && r.timer != nil {
		r.timer.Stop()
		r.timer = nil
	}
	r.working.Add(1)
	go r.remove(batch)
}

// remove makes one request.
func (r *remover) remove(batch []*entry) {
	defer r.working.Done()
	r.slots <- struct{}{}
	ctx, cancel := context.WithTimeout(r.s.calls, callTimeout)
	receipts := r.s.table.receipts(batch)
	failed, err := r.s.queue.remove(ctx, receipts)
	cancel()
	<-r.slots
	if err != nil {
		r.s.count(err)
		r.retry(batch, err)
		return
	}
	r.s.troubleOf(r.trouble, failed)
	r.removed(batch, receipts, failed)
}

// removed forgets what is deleted. What came again while it was being deleted is
// deleted by its newer receipt too: an older one may not be enough.
func (r *remover) removed(batch []*entry, receipts []string, failed map[int]*entryError) {
	newest := r.s.table.receipts(batch)
	var gone, again []*entry
	for i, e := range batch {
		switch f := failed[i]; {
		case f == nil && newest[i] == receipts[i]:
			gone = append(gone, e)
			r.s.counts.deleted.Inc()
		case f != nil && f.senders && newest[i] == receipts[i]:
			// The receipt is of no use any more; if the message still exists it
			// will come again.
			r.s.log.Warn("a settled message could not be deleted: it may come again", "queue", r.s.queue.url, "message", e.id, "error", f)
			gone = append(gone, e)
		default:
			again = append(again, e)
		}
	}
	r.forget(gone)
	if len(again) > 0 {
		r.retry(again, nil)
	}
}

func (r *remover) forget(gone []*entry) {
	r.s.table.forget(gone...)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left -= len(gone)
	if r.closing && !r.done && r.left == 0 {
		r.done = true
		close(r.empty)
	}
}

// retry tries entries again after a while.
func (r *remover) retry(batch []*entry, err error) {
	wait := newWait(r.s.table.failed(batch) - 1)
	d := waitAfter(&wait, err)
	if err != nil {
		r.trouble.failure(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done {
		return
	}
	if r.closing {
		d = min(d, shortestPause)
	}
	q := &parked{batch: batch}
	r.parked[q] = struct{}{}
	q.timer = r.s.clock.AfterFunc(d, func() { r.unpark(q) })
}

// unpark tries parked entries again.
func (r *remover) unpark(q *parked) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, there := r.parked[q]; there && !r.done {
		delete(r.parked, q)
		r.enqueue(q.batch...)
	}
}
