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

	// The table's lock guards these.
	oldest, newest *entry // by when they are due
	timer          pipeline.Timer
	ended          bool // no more is extended: closed, or refused by the service
	warned         bool
	working        sync.WaitGroup
}

const (
	keeperRequests = 16
	// retryExtension is after what time an extension that failed is tried again.
	retryExtension = time.Second
	// capMargin keeps an extension below what SQS counts as twelve hours.
	capMargin = 10 * time.Second
)

func newKeeper(s *subscription) *keeper {
	return &keeper{s: s, trouble: s.troubleWith("the visibility timeout of messages cannot be extended"), slots: make(chan struct{}, keeperRequests)}
}

// keep begins to extend a message, or begins anew when it has a new receipt. A
// message that is to be deleted is not extended. It needs the lock.
func (k *keeper) keep(e *entry, now time.Time) {
	k.unlink(e)
	if !e.settled {
		k.append(e, now.Add(k.s.queue.visibility/2))
	}
}

// append needs the lock. Whatever is appended is due after all that is there, or
// so little before that it does not matter.
func (k *keeper) append(e *entry, due time.Time) {
	if k.ended {
		return
	}
	e.due, e.older, e.newer, e.kept = due, k.newest, nil, true
	if k.newest == nil {
		k.oldest = e
	} else {
		k.newest.newer = e
	}
	k.newest = e
	if k.timer == nil {
		k.arm()
	}
}

func (k *keeper) unlink(e *entry) {
	if !e.kept {
		return
	}
	if e.older == nil {
		k.oldest = e.newer
	} else {
		e.older.newer = e.newer
	}
	if e.newer == nil {
		k.newest = e.older
	} else {
		e.newer.older = e.older
	}
	e.older, e.newer, e.kept = nil, nil, false
}

// drop ends the care for a message.
func (k *keeper) drop(e *entry) {
	k.s.table.mu.Lock()
	k.unlink(e)
	k.s.table.mu.Unlock()
}

// arm sets the timer for the oldest entry; it needs the lock.
func (k *keeper) arm() {
	k.timer = nil
	if k.oldest != nil && !k.ended {
		k.timer = k.s.clock.AfterFunc(max(0, k.oldest.due.Sub(k.s.clock.Now())), k.ring)
	}
}

// ring extends what is due, and what will be soon: so that messages that came one
// by one share their requests from then on.
func (k *keeper) ring() {
	k.s.table.mu.Lock()
	defer k.s.table.mu.Unlock()
	soon := k.s.clock.Now().Add(k.s.queue.visibility / 20)
	var due []*entry
	for e := k.oldest; e != nil && !e.due.After(soon) && !k.ended; e = k.oldest {
		k.unlink(e)
		due = append(due, e)
	}
	for batch := range slices.Chunk(due, maxBatch) {
		k.working.Add(1)
		go k.extend(batch)
	}
	k.arm()
}

// extend makes one request.
func (k *keeper) extend(batch []*entry) {
	defer k.working.Done()
	k.slots <- struct{}{}
	defer func() { <-k.slots }()
	batch, entries := k.wanted(batch)
	if len(batch) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(k.s.calls, callTimeout)
	defer cancel()
	asked := k.s.clock.Now()
	failed, err := k.s.queue.change(ctx, entries)
	if err != nil {
		k.s.count(err)
		k.failed(batch, entries, err)
		return
	}
	k.trouble.success()
	k.extended(batch, entries, failed, asked)
}

// wanted leaves out what was settled meanwhile, and what SQS will extend no
// further: after twelve hours a message comes again, with a new receipt and twelve
// more hours.
func (k *keeper) wanted(batch []*entry) (still []*entry, entries []visibility) {
	k.s.table.mu.Lock()
	defer k.s.table.mu.Unlock()
	now := k.s.clock.Now()
	for _, e := range batch {
		left := e.since.Add(maxVisibility - capMargin).Sub(now)
		if k.s.table.entries[e.key] != e || e.settled || e.kept || left < time.Second {
			continue
		}
		still = append(still, e)
		entries = append(entries, visibility{e.receipt, min(k.s.queue.visibility, left.Truncate(time.Second))})
	}
	return still, entries
}

func (k *keeper) extended(batch []*entry, entries []visibility, failed map[int]*entryError, asked time.Time) {
	k.s.counts.extended.Add(len(batch) - len(failed))
	k.s.table.mu.Lock()
	defer k.s.table.mu.Unlock()
	for i, e := range batch {
		if k.s.table.entries[e.key] != e || e.settled || e.kept || e.receipt != entries[i].receipt {
			continue // its fate is known, or it came again meanwhile
		}
		if f := failed[i]; f != nil {
			k.refused(e, f)
			continue
		}
		e.until = asked.Add(entries[i].timeout)
		k.append(e, asked.Add(entries[i].timeout/2))
	}
}

// refused tries again what may go better, as long as that makes sense. A message
// that is visible already will come again and bring a new receipt. It needs the
// lock.
func (k *keeper) refused(e *entry, f *entryError) {
	if f.senders || !k.s.clock.Now().Before(e.until) {
		k.s.log.Debug("a message cannot be kept invisible: it may come again", "queue", k.s.queue.url, "message", e.id, "error", f)
		return
	}
	k.append(e, k.s.clock.Now().Add(retryExtension))
}

// failed is for a request that failed as a whole.
func (k *keeper) failed(batch []*entry, entries []visibility, err error) {
	if !denied(err) {
		k.trouble.failure(err)
	}
	k.s.table.mu.Lock()
	defer k.s.table.mu.Unlock()
	if denied(err) {
		k.giveUp(err)
		return
	}
	for i, e := range batch {
		if k.s.table.entries[e.key] == e && !e.settled && !e.kept && e.receipt == entries[i].receipt && k.s.clock.Now().Before(e.until) {
			k.append(e, k.s.clock.Now().Add(retryExtension))
		}
	}
}

// giveUp is for a service that does not let us. Messages then come again while
// they are in flight, which costs receives and nothing else. It needs the lock.
func (k *keeper) giveUp(err error) {
	if !k.warned {
		k.warned = true
		k.s.log.Warn("the service does not let the visibility timeout be extended: messages that take longer come again while they are worked on, and count as received again; allow sqs:ChangeMessageVisibility, or set extend: false", "queue", k.s.queue.url, "timeout", k.s.queue.visibility, "error", err)
	}
	k.end()
}

// refuse switches the keeper off.
func (k *keeper) refuse() {
	k.s.table.mu.Lock()
	defer k.s.table.mu.Unlock()
	k.end()
}

func (k *keeper) end() {
	k.ended = true
	for e := k.oldest; e != nil; e = k.oldest {
		k.unlink(e)
	}
	if k.timer != nil {
		k.timer.Stop()
		k.timer = nil
	}
}

// stop ends the care for all messages and returns when no request is under way.
func (k *keeper) stop() {
	k.refuse()
	k.working.Wait()
}
