package flowtest

import (
	"context"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// State is a state store in memory that a test can break and carry over from one
// run to the next.
type State struct {
	// QuickTimes has its Times say that they wait for nothing; see [pipeline.Quick].
	QuickTimes bool

	mu    sync.Mutex
	run   int
	ids   map[string]record
	times map[string]released
	fail  error
	dirty bool
}

type record struct {
	run   int
	until time.Time
}

type released struct {
	run int
	at  time.Time
}

// NewState returns an empty store.
func NewState() *State {
	return &State{ids: map[string]record{}, times: map[string]released{}}
}

// NextRun has what was recorded so far count as that of an earlier run.
func (s *State) NextRun() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.run++
}

// KilledRun is [State.NextRun] after a run that was killed.
func (s *State) KilledRun() {
	s.NextRun()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dirty = true
}

// Unclean reports whether the last run was killed.
func (s *State) Unclean() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dirty
}

// Break has every call fail with err from now on; nil mends the store.
func (s *State) Break(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

// Claims implements [pipeline.State].
func (s *State) Claims(space string) pipeline.Claims { return &scratch{s, space + "\x00"} }

// Times implements [pipeline.State].
func (s *State) Times(space string) pipeline.Times {
	return scratchTimes{&scratch{s, space + "\x00"}}
}

type scratchTimes struct{ *scratch }

func (t scratchTimes) Quick() bool { return t.QuickTimes }

type scratch struct {
	*State
	space string
}

func (c *scratch) Claim(_ context.Context, id pipeline.Digest) (pipeline.Verdict, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail != nil {
		return pipeline.Unsure, c.fail
	}
	r, known := c.ids[c.space+string(id[:])]
	switch {
	case !known || !time.Now().Before(r.until):
		return pipeline.Claimed, nil
	case r.run == c.run:
		return pipeline.Delivered, nil
	}
	return pipeline.Earlier, nil
}

func (c *scratch) Commit(_ context.Context, id pipeline.Digest, ttl time.Duration, _ pipeline.Outcome) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail == nil {
		c.ids[c.space+string(id[:])] = record{c.run, time.Now().Add(ttl)}
	}
	return c.fail
}

func (c *scratch) Release(context.Context, pipeline.Digest) error { return nil }

func (c *scratch) Last(_ context.Context, key string) (time.Time, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, known := c.times[c.space+key]
	return r.at, known && r.run != c.run, c.fail
}

func (c *scratch) Save(key string, t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.times[c.space+key] = released{c.run, t}
}
