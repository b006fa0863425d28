package sqs

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/leat-io/leat/internal/backoff"
	"github.com/leat-io/leat/pipeline"
)

// returns makes messages visible again that the flow has handed back: after a
// while, each by itself, or at once when the flow stops, in the order of event
// times, so that whoever receives them next gets them in a good order.
type returns struct {
	s *subscription

	mu      sync.Mutex
	later   []*entry // handed back while the flow goes on
	now     []*entry // handed back because it stops
	timer   pipeline.Timer
	working sync.WaitGroup
}

// returnWait lets what comes back together go together.
const returnWait = 50 * time.Millisecond

func newReturns(s *subscription) *returns { return &returns{s: s} }

// add takes a message back. It leaves the table at once: when it comes again it
// is a new one.
func (r *returns) add(e *entry) {
	r.s.table.forget(e)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopping() {
		r.now = append(r.now, e)
	} else {
		r.later = append(r.later, e)
	}
	if r.timer == nil {
		r.timer = r.s.clock.AfterFunc(returnWait, r.flush)
	}
}

func (r *returns) stopping() bool {
	select {
	case <-r.s.halted:
		return true
	case <-r.s.stopping:
		return true
	default:
		return false
	}
}

func (r *returns) flush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.timer = nil
	now, later := r.now, r.later
	r.now, r.later = nil, nil
	if len(now)+len(later) == 0 {
		return
	}
	r.working.Add(1)
	go func() {
		defer r.working.Done()
		r.give(r.s.calls, now, later)
	}()
}

// give sends entries back. Those that are to be visible at once go in order, a
// few requests at a time; in a FIFO queue one after another.
func (r *returns) give(ctx context.Context, now, later []*entry) {
	slices.SortStableFunc(now, func(a, b *entry) int { return when(a).Compare(when(b)) })
	for batch := range slices.Chunk(later, maxBatch) {
		r.change(ctx, batch, r.after)
	}
	atATime := returnRequests
	if r.s.queue.ref.fifo() {
		atATime = 1
	}
	slots := make(chan struct{}, atATime)
	var all sync.WaitGroup
	for batch := range slices.Chunk(now, maxBatch) {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			r.change(ctx, batch, func(*entry) time.Duration { return 0 })
		})
	}
	all.Wait()
}

const (
	returnRequests = 64
	returnAttempts = 3
)

// when is the event time of a message, or when it was sent.
func when(e *entry) time.Time {
	if e.event != nil && !e.event.Time.IsZero() {
		return e.event.Time
	}
	return e.sent
}

// after is when a message is to be visible again: later with each receive.
func (r *returns) after(e *entry) time.Duration {
	return backoff.Doubled(r.s.config.ReturnAfter.Min, r.s.config.ReturnAfter.Max, e.receives)
}

// change makes one request, and a few more if it fails. What is not changed
// becomes visible when its timeout ends.
func (r *returns) change(ctx context.Context, batch []*entry, timeout func(*entry) time.Duration) {
	wait := newWait(0)
	for attempt := range returnAttempts {
		entries := make([]visibility, len(batch))
		for i, e := range batch {
			entries[i] = visibility{e.receipt, timeout(e)}
		}
		within, cancel := context.WithTimeout(ctx, callTimeout)
		failed, err := r.s.queue.change(within, entries)
		cancel()
		if err == nil {
			r.s.counts.returned.Add(len(batch) - len(failed))
			if batch = unchanged(batch, failed); len(batch) == 0 {
				return
			}
		} else {
			r.s.count(err)
		}
		if err != nil && denied(err) || attempt == returnAttempts-1 || !pipeline.Sleep(ctx, r.s.clock, waitAfter(&wait, err), nil) {
			r.s.log.Warn("messages that go back to their queue come again only after their visibility timeout", "queue", r.s.queue.url, "messages", len(batch), "error", err)
			return
		}
	}
}

// unchanged returns the entries that failed for reasons that may pass.
func unchanged(batch []*entry, failed map[int]*entryError) (left []*entry) {
	for i, e := range batch {
		if f := failed[i]; f != nil && !f.senders {
			left = append(left, e)
		}
	}
	return left
}

// drain hands back what waits for its turn, and rest, whose fate is open.
func (r *returns) drain(rest []*entry) {
	for _, e := range rest {
		e.event = nil // the flow may be writing to it still
	}
	r.mu.Lock()
	if r.timer != nil {
		r.timer.Stop()
		r.timer = nil
	}
	now, later := append(r.now, rest...), r.later
	r.now, r.later = nil, nil
	r.mu.Unlock()
	r.s.table.forget(rest...)
	r.give(r.s.calls, now, later)
	r.working.Wait()
}
