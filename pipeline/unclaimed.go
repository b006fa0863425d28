package pipeline

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// unclaimed remembers dead letters of events that fail before they reach a
// dedupe, which could tell their copies: a line that cannot be read is put among
// the dead letters once, however often it comes. Such an event goes by what its
// source calls it.
type unclaimed struct {
	claims Claims
	ttl    time.Duration
	copies *Counter

	mu   sync.Mutex
	busy map[Digest]chan struct{} // whose letters are being written
}

// newUnclaimed also returns the index of the flow's dedupe. It returns nil for a
// flow without one, where copies are welcome.
func (f *flow) newUnclaimed() (*unclaimed, int) {
	for i, s := range f.stages {
		if s.traits.Dedupes {
			return &unclaimed{
				claims: f.pipeline.state.Claims(f.name + "/dead letters"), ttl: s.traits.Remembers,
				copies: f.pipeline.stats.counter(f.onError(), CountEarlier),
				busy:   map[Digest]chan struct{}{},
			}, i
		}
	}
	return nil, 0
}

// digest is made of the payload too: what a source calls by the same name, or a
// deep split gives the same place, may still be another event.
func (u *unclaimed) digest(e *Event) Digest {
	content := e.origin
	if e.Split() {
		content = e.payload.raw
	}
	return DigestOf(fmt.Sprintf("%s#%x#%s", e.source, e.Seq.Child, content))
}

// enter reports whether the caller is to write the event's dead letter, and must
// call leave afterwards; a copy waits for the one that is at it. A state store
// that cannot be asked only costs a second letter.
func (u *unclaimed) enter(ctx context.Context, e *Event) bool {
	if e.source == "" {
		return true
	}
	id := u.digest(e)
	for other, first := u.begin(id); !first; other, first = u.begin(id) {
		Yield(ctx)
		<-other // it ends with its own attempt, and that with the flow
	}
	if verdict, _ := u.claims.Claim(ctx, id); verdict == Delivered || verdict == Earlier {
		u.copies.Inc()
		u.end(id)
		return false
	}
	return true
}

// leave records the dead letter, or gives the claim back when it was not written.
func (u *unclaimed) leave(ctx context.Context, e *Event, written bool) {
	if e.source == "" {
		return
	}
	Yield(ctx)
	id, lasting := u.digest(e), context.WithoutCancel(ctx)
	if written {
		_ = u.claims.Commit(lasting, id, u.ttl, OutcomeDead)
	} else {
		_ = u.claims.Release(lasting, id)
	}
	u.end(id)
}

func (u *unclaimed) begin(id Digest) (other <-chan struct{}, first bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if at, busy := u.busy[id]; busy {
		return at, false
	}
	u.busy[id] = make(chan struct{})
	return nil, true
}

func (u *unclaimed) end(id Digest) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if at, busy := u.busy[id]; busy {
		close(at)
		delete(u.busy, id)
	}
}
