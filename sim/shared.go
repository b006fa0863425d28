package sim

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// sessionTTL is after what time others know that a process was killed.
const sessionTTL = 10 * time.Second

// shared is what processes that run at the same time have in common, besides the records of
// a store.
type shared struct {
	store *Store

	mu      sync.Mutex
	claimed map[string]*Process // by space and id
	leases  map[string]*grant
	lines   map[string]*line // by space and key
}

func newShared(s *Store) *shared {
	return &shared{store: s, claimed: map[string]*Process{}, leases: map[string]*grant{}, lines: map[string]*line{}}
}

// over is when others know that a process is gone; false: it lives.
func (p *Process) over() (time.Time, bool) {
	at := p.cutAt.Load()
	if at == nil {
		return time.Time{}, false
	}
	return at.Add(sessionTTL), true
}

// isGone reports whether others know that a process is gone.
func (h *shared) isGone(p *Process) bool {
	over, cut := p.over()
	return cut && !h.store.clock.Now().Before(over)
}

// claim says whether a process may deliver an event that nobody has settled.
func (h *shared) claim(p *Process, id string) pipeline.Verdict {
	h.mu.Lock()
	defer h.mu.Unlock()
	if holder := h.claimed[id]; holder != nil && holder != p && !holder.Ended() && !h.isGone(holder) {
		return pipeline.Elsewhere
	}
	h.claimed[id] = p
	return pipeline.Claimed
}

// release gives a claim back.
func (h *shared) release(p *Process, id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.claimed[id] == p {
		delete(h.claimed, id)
	}
}

// replica is a session with a store that replicas share.
type replica struct{ *session }

// Unclean is for stores that one process uses: in a shared one the turnstile waits.
func (replica) Unclean() bool { return false }

// Lease implements [pipeline.Leases].
func (x replica) Lease(name string) pipeline.Lease {
	return &lease{shared: x.store.shared, process: x.process, name: name}
}

// Turnstile implements [pipeline.Turnstiles].
func (x replica) Turnstile(space string, o pipeline.TurnstileOptions) pipeline.Turnstile {
	return &turnstile{shared: x.store.shared, process: x.process, space: space, options: o}
}

// grant is a lease and those who want it.
type grant struct {
	holder  *Process
	clean   bool // the one before has given it back
	waiting []*wanted
}

type wanted struct {
	process *Process
	got     chan struct{}
}

// lease is one process's hold on a grant.
type lease struct {
	shared  *shared
	process *Process
	name    string
}

func (l *lease) grant() *grant {
	g := l.shared.leases[l.name]
	if g == nil {
		g = &grant{clean: true}
		l.shared.leases[l.name] = g
	}
	return g
}

// Acquire implements [pipeline.Lease].
func (l *lease) Acquire(ctx context.Context) (clean bool, err error) {
	w := &wanted{l.process, make(chan struct{})}
	l.shared.mu.Lock()
	g := l.grant()
	g.waiting = append(g.waiting, w)
	l.shared.pass(g)
	l.shared.mu.Unlock()
	select {
	case <-w.got:
		l.shared.mu.Lock()
		defer l.shared.mu.Unlock()
		return g.clean, nil
	case <-ctx.Done():
		l.shared.mu.Lock()
		defer l.shared.mu.Unlock()
		g.waiting = slices.DeleteFunc(g.waiting, func(other *wanted) bool { return other == w })
		if g.holder == l.process {
			g.holder, g.clean = nil, true
			l.shared.pass(g)
		}
		return false, ctx.Err()
	}
}

// pass gives a lease to the next who wants it, once its holder is gone. It needs the lock.
func (h *shared) pass(g *grant) {
	if g.holder != nil {
		over, cut := g.holder.over()
		switch now := h.store.clock.Now(); {
		case !cut:
			return
		case now.Before(over):
			h.store.clock.AfterFunc(over.Sub(now), func() {
				h.mu.Lock()
				defer h.mu.Unlock()
				h.pass(g)
			})
			return
		}
		g.holder, g.clean = nil, false
	}
	for len(g.waiting) > 0 {
		next := g.waiting[0]
		g.waiting = g.waiting[1:]
		if !next.process.Killed() {
			g.holder = next.process
			close(next.got)
			return
		}
	}
}

// wake has all leases of processes that were killed passed on in time.
func (h *shared) wake() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, g := range h.leases {
		h.pass(g)
	}
	for _, l := range h.lines {
		l.advance()
	}
}

// Held implements [pipeline.Lease].
func (l *lease) Held() bool {
	l.shared.mu.Lock()
	defer l.shared.mu.Unlock()
	return l.grant().holder == l.process && !l.process.Killed()
}

// Lost implements [pipeline.Lease]: only those that are killed lose it.
func (l *lease) Lost() <-chan struct{} { return nil }

// Release implements [pipeline.Lease].
func (l *lease) Release() error {
	l.shared.mu.Lock()
	defer l.shared.mu.Unlock()
	if g := l.grant(); g.holder == l.process && !l.process.Killed() {
		g.holder, g.clean = nil, true
		l.shared.pass(g)
	}
	return nil
}
