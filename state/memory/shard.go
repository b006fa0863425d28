package memory

import (
	"math"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// shard is one part of a space. Nothing else runs to clean it up: every put
// takes away at most two entries per ttl that have expired.
type shard struct {
	mu      sync.Mutex
	expires map[pipeline.Digest]int64 // Unix nanoseconds
	queues  []queue                   // one per ttl, so that each is in the order of expiry

	_ [64]byte // keeps the locks of neighbours off one cache line
}

func (s *shard) find(id pipeline.Digest) (expires int64, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	expires, known = s.expires[id]
	return expires, known
}

func (s *shard) put(id pipeline.Digest, ttl time.Duration, now int64) {
	expires := now + int64(ttl)
	if expires < now && ttl > 0 {
		expires = math.MaxInt64
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(now)
	s.expires[id] = max(expires, s.expires[id])
	s.queue(ttl).push(entry{id, expires})
}

// drop forgets expired entries. One whose id was put again since is stale: the
// later entry in the queue forgets the id.
func (s *shard) drop(now int64) {
	for i := range s.queues {
		for range 2 {
			e, ok := s.queues[i].pop(now)
			if !ok {
				break
			}
			if s.expires[e.id] <= e.expires {
				delete(s.expires, e.id)
			}
		}
	}
}

func (s *shard) queue(ttl time.Duration) *queue {
	for i := range s.queues {
		if s.queues[i].ttl == ttl {
			return &s.queues[i]
		}
	}
	s.queues = append(s.queues, queue{ttl: ttl})
	return &s.queues[len(s.queues)-1]
}
