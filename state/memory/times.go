package memory

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// keep is for how long a key is remembered at least after its last event.
const keep = 7 * 24 * time.Hour

// times remembers the last released time of each key.
type times struct {
	clock  pipeline.Clock
	seeds  [2]maphash.Seed
	shards [shards]timesShard
}

// timesShard is the keys of a part of the digests, in two generations: a key that was not
// saved during a whole generation goes away with it, after 7 to 14 days.
type timesShard struct {
	mu         sync.Mutex
	young, old map[keyDigest]instant
	turn       time.Time // when old is forgotten and young becomes old

	_ [64]byte // keeps the locks of neighbours off one cache line
}

// keyDigest stands for a key, and instant for a time. Neither points to anything, so that
// the collector need not look at a million of them.
type (
	keyDigest [2]uint64
	instant   struct {
		seconds int64 // since 1970
		nanos   int32
	}
)

func newTimes(clock pipeline.Clock) *times {
	t := &times{clock: clock, seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
	for i := range t.shards {
		t.shards[i].young, t.shards[i].turn = map[keyDigest]instant{}, clock.Now().Add(keep)
	}
	return t
}

// Quick implements [pipeline.Quick].
func (t *times) Quick() bool { return true }

// Last returns the last released time of a key. No earlier run is remembered.
func (t *times) Last(_ context.Context, key string) (time.Time, bool, error) {
	id := t.digest(key)
	at, ok := t.shard(id).last(id, t.clock.Now())
	if !ok {
		return time.Time{}, false, nil
	}
	return time.Unix(at.seconds, int64(at.nanos)).UTC(), false, nil
}

// Save remembers the time of the key's last event.
func (t *times) Save(key string, at time.Time) {
	id := t.digest(key)
	t.shard(id).save(id, instant{at.Unix(), int32(at.Nanosecond())}, t.clock.Now())
}

func (t *times) digest(key string) keyDigest {
	return keyDigest{maphash.String(t.seeds[0], key), maphash.String(t.seeds[1], key)}
}

func (t *times) shard(id keyDigest) *timesShard { return &t.shards[id[0]%shards] }

func (s *timesShard) last(id keyDigest, now time.Time) (at instant, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.age(now)
	if at, ok = s.young[id]; !ok {
		at, ok = s.old[id]
	}
	return at, ok
}

func (s *timesShard) save(id keyDigest, at instant, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.age(now)
	s.young[id] = at
}

// age forgets the old generation when its time has come, and the young one too
// when it is that old itself.
func (s *timesShard) age(now time.Time) {
	if now.Before(s.turn) {
		return
	}
	s.old, s.young, s.turn = s.young, map[keyDigest]instant{}, s.turn.Add(keep)
	if !now.Before(s.turn) {
		s.old, s.turn = nil, now.Add(keep)
	}
}
