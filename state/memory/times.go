package memory

import (
	"context"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// keep is for how long a key is remembered at least after its last event.
const keep = 7 * 24 * time.Hour

// times remembers the last released time of each key in two generations: a key
// that was not saved during a whole generation goes away with it, after 7 to 14
// days.
type times struct {
	clock pipeline.Clock

	mu         sync.Mutex
	young, old map[string]time.Time
	turn       time.Time // when old is forgotten and young becomes old
}

func newTimes(clock pipeline.Clock) *times {
	return &times{clock: clock, young: map[string]time.Time{}, turn: clock.Now().Add(keep)}
}

// Quick implements [pipeline.Quick].
func (t *times) Quick() bool { return true }

// Last returns the last released time of a key. No earlier run is remembered.
func (t *times) Last(_ context.Context, key string) (time.Time, bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.age()
	if at, ok := t.young[key]; ok {
		return at, false, nil
	}
	return t.old[key], false, nil
}

// Save remembers the time of the key's last event.
func (t *times) Save(key string, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.age()
	t.young[key] = at
}

// age forgets the old generation when its time has come, and the young one too
// when it is that old itself.
func (t *times) age() {
	now := t.clock.Now()
	if now.Before(t.turn) {
		return
	}
	t.old, t.young, t.turn = t.young, map[string]time.Time{}, t.turn.Add(keep)
	if !now.Before(t.turn) {
		t.old, t.turn = nil, now.Add(keep)
	}
}
