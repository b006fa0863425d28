package sqs

import (
	"context"
	"time"

	"github.com/leat-io/leat/internal/awsapi"
)

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
