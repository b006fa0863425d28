package sqs

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/leat-io/leat/internal/awsapi"
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

// extend makes one request.
func (k *keeper) extend(batch []*entry) {
	defer k.working.Done()
	k.slots <- struct{}{}
	defer func() { <-k.slots }()
	still, entries := k.wanted(batch)
	var failed map[int]*entryError
	var err error
	asked := k.s.clock.Now()
	if len(still) > 0 {
		ctx, cancel := context.WithTimeout(k.calls, callTimeout)
		failed, err = k.s.queue.change(ctx, entries)
		cancel()
		k.tellTrouble(failed, err)
	}
	for _, e := range k.extended(batch, still, entries, failed, err, asked) {
		k.s.returns.add(e)
	}
}

func (k *keeper) tellTrouble(failed map[int]*entryError, err error) {
	switch {
	case k.calls.Err() != nil:
	case err != nil:
		k.s.count(err)
		if !denied(err) {
			k.trouble.failure(err)
		}
	default:
		k.s.troubleOf(k.trouble, failed)
	}
}

// wanted leaves out what was settled or handed back meanwhile, and what SQS will
// extend no further: after twelve hours a message comes again, with a new receipt
// and twelve more hours.
func (k *keeper) wanted(batch []*entry) (still []*entry, entries []visibility) {
	k.s.table.mu.Lock()
	defer k.s.table.mu.Unlock()
	now := k.s.clock.Now()
	for _, e := range batch {
		left := e.since.Add(maxVisibility - capMargin).Sub(now)
		if k.ended || k.s.table.entries[e.key] != e || e.settled || e.handedBack || e.in != nil || left < time.Second {
			continue
		}
		still = append(still, e)
		entries = append(entries, visibility{e.receipt, min(k.s.queue.visibility, left.Truncate(time.Second))})
	}
	return still, entries
}

// extended schedules what follows for the entries of a request. It returns those
// that were handed back meanwhile: what makes them visible must not be overtaken
// by what keeps them invisible.
func (k *keeper) extended(batch, still []*entry, entries []visibility, failed map[int]*entryError, err error, asked time.Time) (back []*entry) {
	k.s.table.mu.Lock()
	defer k.s.table.mu.Unlock()
	if err == nil && len(still) > 0 {
		k.barred = false
		k.s.counts.extended.Add(len(still) - len(failed))
	}
	if denied(err) {
		k.bar(err)
	}
	for i, e := range still {
		if !e.handedBack && k.s.table.entries[e.key] == e && !e.settled && e.in == nil && e.receipt == entries[i].receipt {
			k.next(e, entries[i].timeout, failed[i], err, asked)
		}
	}
	for _, e := range batch {
		e.extending = false
		if e.handedBack {
			back = append(back, e)
		}
	}
	return back
}

// next schedules the next extension of an entry: in its turn, or again soon if this
// one failed and may do better. A message that is visible already comes again and
// brings a new receipt. It needs the lock.
func (k *keeper) next(e *entry, timeout time.Duration, failed *entryError, err error, asked time.Time) {
	now := k.s.clock.Now()
	switch {
	case err == nil && failed == nil:
		e.until = asked.Add(timeout)
		k.schedule(&k.steady, e, asked.Add(timeout/2))
	case k.barred:
		k.schedule(&k.steady, e, now.Add(k.s.queue.visibility))
	case failed != nil && failed.senders || !now.Before(e.until):
		k.s.log.Debug("a message cannot be kept invisible: it may come again", "queue", k.s.queue.url, "message", e.id)
	default:
		k.schedule(&k.again, e, now.Add(retryExtension))
	}
}

// bar is for a service that does not let us. Messages then come again while they
// are in flight, which costs receives and nothing else. It needs the lock.
func (k *keeper) bar(err error) {
	k.barred, k.probe = true, k.s.clock.Now().Add(probeExtension)
	if !k.warned {
		k.warned = true
		k.s.log.Warn("the service does not let the visibility timeout be extended: messages that take longer come again while they are worked on, and count as received again; allow sqs:ChangeMessageVisibility, or set extend: false", "queue", k.s.queue.url, "timeout", k.s.queue.visibility, "error", err)
	}
	if awsapi.Unknown(err) && awsapi.Code(err) != "" { // nobody will teach it
		k.end()
	}
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
