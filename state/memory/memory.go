// Package memory remembers what was delivered as long as the process runs. It
// is for tests and for runs that need not know of each other: after a restart
// every event is new.
package memory

import (
	"sync"

	"github.com/leat-io/leat/pipeline"
)

// State declares the store.
var State = pipeline.DefineState("memory", Config{}, New)

// Config has no settings.
type Config struct{}

// New returns an empty store.
func New(_ Config, env *pipeline.Env) (pipeline.State, error) {
	return newStore(env.Clock), nil
}

// store keeps every space apart.
type store struct {
	clock pipeline.Clock

	mu     sync.Mutex
	claims map[string]*claims
	times  map[string]*times
}

func newStore(clock pipeline.Clock) *store {
	return &store{clock: clock, claims: map[string]*claims{}, times: map[string]*times{}}
}

// Forgetful implements [pipeline.Forgetful].
func (*store) Forgetful() {}

// Claims returns the dedupe memory of one stage, the same for the same space.
func (s *store) Claims(space string) pipeline.Claims {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.claims[space] == nil {
		s.claims[space] = newClaims(s.clock)
	}
	return s.claims[space]
}

// Times returns the last released times of one stage's keys, the same for the
// same space.
func (s *store) Times(space string) pipeline.Times {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.times[space] == nil {
		s.times[space] = newTimes(s.clock)
	}
	return s.times[space]
}
