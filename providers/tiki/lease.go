package tiki

import (
	"context"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// patience is after what time it is said that another one pulls.
const patience = time.Second

// acquire waits until the lease is ours, or returns false when the subscription ends first.
func (p *puller) acquire() bool {
	for p.s.pulls.Err() == nil {
		l := p.s.lease()
		told := p.s.clock.AfterFunc(patience, func() {
			p.s.log.Info("another process, or another source, has the lease of the queue: standing by")
		})
		_, err := l.Acquire(p.s.pulls)
		told.Stop()
		if err == nil {
			p.lease = l
			p.s.log.Debug("pulling")
			return true
		}
		_ = l.Release() // it may have been given to us when nobody listened any more
		pipeline.Sleep(p.s.pulls, p.s.clock, waitAfter(&p.wait, err), nil)
	}
	return false
}

func (p *puller) release() {
	if p.lease != nil {
		_ = p.lease.Release()
		p.lease = nil
	}
}

// lastAck is for how long the source tries, at its end, to have removed what is settled.
const lastAck = 2 * time.Second

// leave has the last batch removed, if all of it is settled and the lease is ours, and
// gives the lease to others.
func (p *puller) leave() {
	defer p.release()
	if p.lease == nil || !p.lease.Held() || p.ackID == nil || p.s.table.size() == 0 || p.s.table.open() > 0 {
		return
	}
	ctx, cancel := context.WithTimeout(p.s.lasting, lastAck)
	defer cancel()
	switch err := p.s.api.ack(ctx, p.ackID); {
	case err == nil:
		p.s.counts.removed.Add(p.s.table.size())
	case refusesAckID(err): // a pull that was cut off by the stop may have removed it
		p.s.log.Debug("the last ack is refused", "error", err)
	default:
		p.s.counts.failed.Inc()
		p.s.log.Warn("Tiki could not be told that the last events are settled: they come again", "events", p.s.table.size(), "error", err)
	}
}
