package pipeline

import (
	"context"
	"sync"
	"sync/atomic"
)

// localLeases are the leases of a pipeline whose state store has none: its own parts take
// turns.
type localLeases struct {
	mu    sync.Mutex
	taken map[string]chan struct{} // each has room for its holder
}

func (l *localLeases) lease(name string) Lease {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.taken == nil {
		l.taken = map[string]chan struct{}{}
	}
	if l.taken[name] == nil {
		l.taken[name] = make(chan struct{}, 1)
	}
	return &localLease{taken: l.taken[name]}
}

// localLease lasts until it is given back.
type localLease struct {
	taken chan struct{}
	held  atomic.Bool
}

// Acquire implements [Lease]. A holder that ended did so within this process, and well.
func (l *localLease) Acquire(ctx context.Context) (clean bool, err error) {
	select {
	case l.taken <- struct{}{}:
		l.held.Store(true)
		return true, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// Held implements [Lease].
func (l *localLease) Held() bool { return l.held.Load() }

// Lost implements [Lease]: it never is.
func (l *localLease) Lost() <-chan struct{} { return nil }

// Release implements [Lease].
func (l *localLease) Release() error {
	if l.held.Swap(false) {
		<-l.taken
	}
	return nil
}
