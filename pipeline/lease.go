package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Leases is implemented by states that replicas share, and that can give something to
// one of them at a time.
type Leases interface {
	// Lease returns the lease of that name. Nothing happens before its Acquire.
	Lease(name string) Lease
}

// Lease is held by one process at a time, for as long as it says that it lives.
type Lease interface {
	// Acquire waits until the lease is ours, also while the store is away. clean says
	// that the process that held it before gave it back: it has left nothing behind.
	Acquire(ctx context.Context) (clean bool, err error)
	// Held reports whether it still is, without asking anybody: for a moment at least
	// nobody else can have it.
	Held() bool
	// Lost is closed when it is not ours any more.
	Lost() <-chan struct{}
	// Release gives it back.
	Release() error
}

// Lease returns the one of this stage, if the state store has any; see [Leases].
func (env *Env) Lease() (Lease, bool) {
	s, ok := env.pipeline.state.(Leases)
	if !ok {
		return nil, false
	}
	return s.Lease(env.space), true
}

// LeaseOf returns a lease of something outside that only one may use at a time, such as a
// queue: among all replicas if the state store has leases, see [Leases], else among the
// parts of this pipeline. What was lost, or given back, is asked for anew with
// another call.
func (env *Env) LeaseOf(name string) Lease {
	s, ok := env.pipeline.state.(Leases)
	if !ok {
		return env.pipeline.leases.lease(name)
	}
	return s.Lease("/" + name) // no stage's begins like that, for its flow has a name
}

// Fail stops the flow and those it is linked with, and has [Pipeline.Run] return the
// error: held events go back, those under way are finished.
func (env *Env) Fail(err error) {
	env.flow.group.failures.add(fmt.Errorf("%s: %w", env.label(), err))
	env.flow.group.stop()
}

// failures are why flows were stopped.
type failures struct {
	mu   sync.Mutex
	errs []error
}

func (f *failures) add(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.errs = append(f.errs, err)
}

func (f *failures) err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return errors.Join(f.errs...)
}
