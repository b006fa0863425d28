package dedupe

import (
	"sync"

	"github.com/leat-io/leat/pipeline"
)

// progress knows the events that are between claim and commit in this process,
// and keeps their copies waiting.
type progress struct{ shards [64]shard }

type shard struct {
	mu    sync.Mutex
	ids   map[pipeline.Digest]*outcome
	stops bool     // copies wait in their goroutines only
	_     [64]byte // keeps the locks of neighbours off one cache line
}

// outcome is what copies wait for.
type outcome struct {
	known   chan struct{} // closed then, for those that wait in their goroutines
	copies  []*copied     // that wait without one
	over    bool
	settled bool
}

func (p *progress) init() {
	for i := range p.shards {
		p.shards[i].ids = map[pipeline.Digest]*outcome{}
	}
}

func (p *progress) shard(id pipeline.Digest) *shard { return &p.shards[id[0]%64] }

// enter returns true when the caller's copy is the one to deliver, and false
// when another copy was settled meanwhile. While one is in progress it waits, or returns
// [pipeline.ErrLater], and enters once more then or is settled.
func (p *progress) enter(e entrant) (first bool, err error) {
	sh := p.shard(e.id)
	for {
		o := sh.enter(e.id)
		if o == nil {
			return true, nil
		}
		if err := sh.wait(e, o); err != nil || o.settled {
			return false, err
		}
	}
}

// enter returns what a copy has to wait for, nil for nothing.
func (sh *shard) enter(id pipeline.Digest) *outcome {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	o, busy := sh.ids[id]
	if !busy {
		sh.ids[id] = nil
		return nil
	}
	if o == nil {
		o = &outcome{known: make(chan struct{})}
		sh.ids[id] = o
	}
	return o
}

// leave ends the progress of an event and has its copies go on.
func (p *progress) leave(id pipeline.Digest, settled bool) {
	if o := p.shard(id).leave(id, settled); o != nil {
		close(o.known)
		release(o.copies, settled)
	}
}

func (sh *shard) leave(id pipeline.Digest, settled bool) *outcome {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	o := sh.ids[id]
	delete(sh.ids, id)
	if o != nil {
		o.over, o.settled = true, settled
	}
	return o
}
