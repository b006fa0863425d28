package sim

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// Store is a state store that outlives the processes that use it.
type Store struct {
	// Random stands in for chance, see [pipeline.Isolation]; nil: there is none, and every
	// retry waits as long as it may.
	Random func(n int64) int64
	// Delay is how long a record takes until it is safe, asked anew for each; nil: no time
	// at all. What a process that is killed had not brought to safety is lost.
	Delay func() time.Duration
	// At is told of each step that a process takes in the store, and may kill it then;
	// nil: nobody is.
	At func(p *Process, step string)

	clock  *Clock
	shared *shared
	// replicas: the file names a state that several processes share.
	replicas atomic.Bool

	mu      sync.Mutex
	ids     map[string]record
	times   map[string]moment
	runs    int
	unclean bool // the last process was killed
}

// record is an event that is known to be settled.
type record struct {
	run   int
	until time.Time
}

// moment is the last released time of a key.
type moment struct {
	run int
	at  time.Time
}

// NewStore returns an empty store.
func NewStore(clock *Clock) *Store {
	s := &Store{clock: clock, ids: map[string]record{}, times: map[string]moment{}}
	s.shared = newShared(s)
	return s
}

func (s *Store) random(n int64) int64 {
	if s.Random == nil {
		return n - 1
	}
	return s.Random(n)
}

// Shared reports whether the state of the file is one that replicas share; known once a
// process was made.
func (s *Store) Shared() bool { return s.replicas.Load() }

// open gives a process its way to the store.
func (s *Store) open(p *Process, real pipeline.State) pipeline.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs++
	p.session = &session{store: s, process: p, run: s.runs, unclean: s.unclean, times: map[string]time.Time{}}
	s.unclean = true // until the session is closed
	if _, shared := real.(pipeline.Leases); shared {
		s.replicas.Store(true)
		return replica{p.session}
	}
	return p.session
}

// session is the store as one process sees it.
type session struct {
	store   *Store
	process *Process
	run     int
	unclean bool

	mu    sync.Mutex
	times map[string]time.Time // to be written with the next record
}

// Unclean reports whether the process before was killed.
func (x *session) Unclean() bool { return x.unclean }

// Claims implements [pipeline.State].
func (x *session) Claims(space string) pipeline.Claims { return claims{x, space + "\x00"} }

// Times implements [pipeline.State].
func (x *session) Times(space string) pipeline.Times { return times{x, space + "\x00"} }

// step is a point at which the process may be killed.
func (x *session) step(what string) error {
	if at := x.store.At; at != nil {
		at(x.process, what)
	}
	if x.process.Killed() {
		return pipeline.ErrReturned
	}
	return nil
}

type claims struct {
	*session
	space string
}

// Claim implements [pipeline.Claims].
func (c claims) Claim(_ context.Context, id pipeline.Digest) (pipeline.Verdict, error) {
	if err := c.step("before it looked up an event"); err != nil {
		return pipeline.Unsure, err
	}
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	switch r, known := c.store.ids[c.space+string(id[:])]; {
	case (!known || !c.store.clock.Now().Before(r.until)) && c.store.Shared():
		return c.store.shared.claim(c.process, c.space+string(id[:])), nil
	case !known || !c.store.clock.Now().Before(r.until):
		return pipeline.Claimed, nil
	case r.run == c.run:
		return pipeline.Delivered, nil
	}
	return pipeline.Earlier, nil
}

// Commit implements [pipeline.Claims]. The record is safe after half of the time that it
// takes, and the process knows after the other half.
func (c claims) Commit(ctx context.Context, id pipeline.Digest, ttl time.Duration, _ pipeline.Outcome) error {
	var half time.Duration
	if c.store.Delay != nil {
		half = c.store.Delay() / 2
	}
	pipeline.Sleep(context.WithoutCancel(ctx), c.store.clock, half, nil)
	if err := c.step("before it had recorded an event"); err != nil {
		return err
	}
	c.write(id, ttl)
	pipeline.Sleep(context.WithoutCancel(ctx), c.store.clock, half, nil)
	return c.step("when it had recorded an event")
}

func (c claims) write(id pipeline.Digest, ttl time.Duration) {
	c.flush()
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	c.store.ids[c.space+string(id[:])] = record{c.run, c.store.clock.Now().Add(ttl)}
}

// flush writes what was to be written with the next record.
func (x *session) flush() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.store.mu.Lock()
	defer x.store.mu.Unlock()
	for key, at := range x.times {
		x.store.times[key] = moment{x.run, at}
	}
	clear(x.times)
}

// close is the end of a process that was stopped.
func (x *session) close() {
	x.flush()
	x.store.mu.Lock()
	defer x.store.mu.Unlock()
	x.store.unclean = false
}

// Quick implements [pipeline.Quick].
func (c claims) Quick() bool { return c.store.Delay == nil }

// Release implements [pipeline.Claims].
func (c claims) Release(_ context.Context, id pipeline.Digest) error {
	if err := c.step("before it gave an event back"); err != nil {
		return err
	}
	c.store.shared.release(c.process, c.space+string(id[:]))
	return nil
}

type times struct {
	*session
	space string
}

// Last implements [pipeline.Times].
func (t times) Last(_ context.Context, key string) (time.Time, bool, error) {
	t.mu.Lock()
	at, fresh := t.session.times[t.space+key]
	t.mu.Unlock()
	if fresh {
		return at, false, nil
	}
	t.store.mu.Lock()
	defer t.store.mu.Unlock()
	m, known := t.store.times[t.space+key]
	return m.at, known && m.run != t.run, nil
}

// Save implements [pipeline.Times].
func (t times) Save(key string, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.session.times[t.space+key] = at
}
