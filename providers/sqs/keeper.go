package sqs

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// keeper extends the visibility timeout of messages that are still in flight when
// half of it has passed. Most are settled by then and cost nothing.
type keeper struct {
	s       *subscription
	trouble *trouble
	slots   chan struct{} // one for each request under way
	calls   context.Context
	cancel  context.CancelFunc
	working sync.WaitGroup

	// The table's lock guards these.
	steady, again dueList // what is extended in its turn; what has to be tried again soon
	timer         pipeline.Timer
	ended         bool // no more is extended
	barred        bool // the service refused the last extension for want of rights
	probe         time.Time
	warned        bool
}

const (
	keeperRequests = 16
	// retryExtension is after what time an extension that failed is tried again.
	retryExtension = time.Second
	// probeExtension is how often one is tried while none is allowed: rights
	// change, and some refusals were never meant for us.
	probeExtension = time.Minute
	// capMargin keeps an extension below what SQS counts as twelve hours.
	capMargin = 10 * time.Second
)

func newKeeper(s *subscription) *keeper {
	k := &keeper{s: s, trouble: s.troubleWith("the visibility timeout of messages cannot be extended"), slots: make(chan struct{}, keeperRequests)}
	k.calls, k.cancel = context.WithCancel(s.calls)
	return k
}

// keep begins to extend a message, or begins anew when it has a new receipt. A
// message that is to be deleted is not extended. It needs the lock.
func (k *keeper) keep(e *entry, now time.Time) {
	e.unlink()
	if !e.settled && !e.handedBack {
		k.schedule(&k.steady, e, now.Add(k.s.queue.visibility/2))
	}
}

// schedule needs the lock.
func (k *keeper) schedule(l *dueList, e *entry, due time.Time) {
	if k.ended {
		return
	}
	l.insert(e, due)
	if l.oldest == e { // else there is a timer, or another list's is earlier
		k.arm()
	}
}

// arm sets the timer for what is due first; it needs the lock.
func (k *keeper) arm() {
	if k.timer != nil {
		k.timer.Stop()
		k.timer = nil
	}
	var first *entry
	for _, l := range []*dueList{&k.steady, &k.again} {
		if l.oldest != nil && (first == nil || l.oldest.due.Before(first.due)) {
			first = l.oldest
		}
	}
	if first != nil && !k.ended {
		k.timer = k.s.clock.AfterFunc(max(0, first.due.Sub(k.s.clock.Now())), k.ring)
	}
}

// ring extends what is due, and what will be soon: so that messages that came one
// by one share their requests from then on.
func (k *keeper) ring() {
	k.s.table.mu.Lock()
	defer k.s.table.mu.Unlock()
	if k.ended {
		return
	}
	now := k.s.clock.Now()
	due := k.again.take(now, nil)
	due = k.steady.take(now.Add(k.s.queue.visibility/20), due)
	if k.barred {
		due = k.probing(due, now)
	}
	for batch := range slices.Chunk(due, maxBatch) {
		for _, e := range batch {
			e.extending = true
		}
		k.working.Add(1)
		go k.extend(batch)
	}
	k.arm()
}

// probing leaves one request's worth of entries while nothing may be extended, and
// none before it is time to try. The others come again and bring new receipts.
func (k *keeper) probing(due []*entry, now time.Time) []*entry {
	n := 0
	if !now.Before(k.probe) && len(due) > 0 {
		k.probe = now.Add(probeExtension)
		n = min(len(due), maxBatch)
	}
	for _, e := range due[n:] {
		k.steady.insert(e, now.Add(k.s.queue.visibility))
	}
	return due[:n]
}

// release ends the care for a message that is handed back. It returns false when a
// request for it is under way, after which the message is handed back from there.
func (k *keeper) release(e *entry) bool {
	k.s.table.mu.Lock()
	defer k.s.table.mu.Unlock()
	e.unlink()
	e.handedBack = true
	return !e.extending
}

func (k *keeper) end() {
	k.ended = true
	k.steady.clear()
	k.again.clear()
	k.arm()
}

// refuse switches the keeper off.
func (k *keeper) refuse() {
	k.s.table.mu.Lock()
	defer k.s.table.mu.Unlock()
	k.end()
}

// stop ends the care for all messages and returns when no request is under way.
func (k *keeper) stop() {
	k.refuse()
	k.cancel()
	k.working.Wait()
}
