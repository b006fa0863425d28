package dedupe

import (
	"context"
	"sync"

	"github.com/leat-io/leat/pipeline"
)

// progress knows the events that are between claim and commit in this process,
// and keeps their copies waiting.
type progress struct{ shards [64]shard }

type shard struct {
	mu  sync.Mutex
	ids map[pipeline.Digest]*outcome
	_   [64]byte // keeps the locks of neighbours off one cache line
}

// outcome is what copies wait for.
type outcome struct {
	known   chan struct{} // made by the first copy that waits
	settled bool
}

func (p *progress) init() {
	for i := range p.shards {
		p.shards[i].ids = map[pipeline.Digest]*outcome{}
	}
}

func (p *progress) shard(id pipeline.Digest) *shard { return &p.shards[id[0]%64] }

// enter returns true when the caller's copy is the one to deliver, and false
// when another copy was settled meanwhile. While one is in progress it waits.
func (p *progress) enter(ctx context.Context, id pipeline.Digest) (first bool, err error) {
	sh := p.shard(id)
	for {
		sh.mu.Lock()
		o, busy := sh.ids[id]
		if !busy {
			sh.ids[id] = nil
			sh.mu.Unlock()
			return true, nil
		}
		if o == nil {
			o = &outcome{known: make(chan struct{})}
			sh.ids[id] = o
		}
		sh.mu.Unlock()
		if err := wait(ctx, o); err != nil || o.settled {
			return false, err
		}
	}
}

// wait holds the event until the outcome of the copy in progress is known.
func wait(ctx context.Context, o *outcome) error {
	hold := pipeline.NewHold(ctx)
	defer hold.End()
	giveBack := hold.BeginBehind()
	select {
	case <-o.known:
		return nil
	case <-giveBack:
		return pipeline.ErrReturned
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave ends the progress of an event and wakes its copies.
func (p *progress) leave(id pipeline.Digest, settled bool) {
	sh := p.shard(id)
	sh.mu.Lock()
	o := sh.ids[id]
	delete(sh.ids, id)
	sh.mu.Unlock()
	if o != nil {
		o.settled = settled
		close(o.known)
	}
}
