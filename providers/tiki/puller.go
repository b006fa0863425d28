package tiki

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/leat-io/leat/internal/backoff"
	"github.com/leat-io/leat/pipeline"
)

// puller is the one goroutine that pulls, while this process has the lease of the queue.
// The end of the subscription takes over from it.
type puller struct {
	s       *subscription
	lease   pipeline.Lease // nil while it is not ours
	ackID   []byte         // of the batch in the table; nil: there is none
	wait    backoff.Wait
	trouble trouble
}

func (p *puller) run() {
	for p.acquire() {
		p.term()
		if p.s.pulls.Err() != nil {
			return // with the lease, for the last ack
		}
		p.s.log.Warn("the lease of the queue is lost, so that another process may pull: what is out is not acknowledged from here")
		p.release()
	}
}

// term pulls until the lease or the subscription ends. The first pull takes nothing for
// granted: who had the lease meanwhile may have removed what is in the table.
func (p *puller) term() {
	ctx, cancel := context.WithCancel(p.s.pulls)
	defer cancel()
	lost := p.lease.Lost()
	go func() {
		select {
		case <-lost:
			cancel()
		case <-ctx.Done():
		}
	}()
	p.ackID = nil
	for ctx.Err() == nil && p.lease.Held() {
		p.round(ctx)
	}
}

// round pulls once and sees to it that all of that is settled. A pull with an ack_id is
// made only when that is so.
func (p *puller) round(ctx context.Context) {
	acked, before := p.ackID != nil, p.s.table.size()
	answer, err := p.s.api.pull(ctx, p.ackID)
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		p.failed(ctx, err)
		return
	case acked:
		p.s.counts.removed.Add(before)
	}
	p.ackID = answer.ackID
	fresh := p.take(answer)
	if len(answer.elements) == 0 {
		p.succeeded()
		pipeline.Sleep(ctx, p.s.clock, p.s.config.Wait, nil)
		return
	}
	if !p.deliver(ctx) {
		return
	}
	switch {
	case p.ackID == nil:
		p.failed(ctx, errNoAckID)
	case fresh == 0:
		p.failed(ctx, errNothingNew)
	default:
		p.succeeded()
	}
}

var (
	errNoAckID    = errors.New("the answer has events and no ack_id, so that they cannot be removed from the queue")
	errNothingNew = errors.New("the same events came again although they are settled")
)

func (p *puller) take(answer pulled) (fresh int) {
	fresh = p.s.table.take(answer.elements)
	p.s.counts.received.Add(len(answer.elements))
	p.s.counts.again.Add(len(answer.elements) - fresh)
	for _, e := range answer.elements {
		if e.fault != nil {
			p.s.counts.unreadable.Inc()
		}
	}
	return fresh
}

func (p *puller) succeeded() {
	p.wait.Reset()
	p.trouble.success()
}

// failed waits before another attempt. Without the ack_id that Tiki refuses the next pull
// shows what it has not removed.
func (p *puller) failed(ctx context.Context, err error) {
	p.s.counts.failed.Inc()
	p.trouble.failure(err)
	if refusesAckID(err) {
		p.ackID = nil
	}
	pipeline.Sleep(ctx, p.s.clock, waitAfter(&p.wait, err), nil)
}

// refusesAckID reports whether the request may be what is wrong, and not who made it.
func refusesAckID(err error) bool {
	code := statusOf(err)
	return lasting(err) && code != http.StatusUnauthorized && code != http.StatusForbidden
}

const (
	// trayEvents is how many events travel as one message.
	trayEvents = 100
	// leastReturn lets what comes back together go together.
	leastReturn = 10 * time.Millisecond
)

// deliver offers the batch to the flow until all of it is settled, or returns false when
// ctx ends first.
func (p *puller) deliver(ctx context.Context) bool {
	t := p.s.table
	for ctx.Err() == nil {
		due, wait := t.next(p.s.clock.Now())
		switch {
		case len(due) > 0:
			p.offer(ctx, due)
		case wait > 0:
			pipeline.Sleep(ctx, p.s.clock, max(wait, leastReturn), t.changed)
		case t.open() == 0:
			return true
		default:
			select {
			case <-t.changed:
			case <-ctx.Done():
			}
		}
	}
	return false
}

func (p *puller) offer(ctx context.Context, due []*entry) {
	for len(due) > 0 {
		n := min(len(due), trayEvents)
		if !p.s.serve(ctx, slices.Clone(due[:n])) {
			p.s.table.withdraw(due)
			return
		}
		due = due[n:]
	}
}
