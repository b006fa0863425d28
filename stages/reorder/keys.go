package reorder

import (
	"context"
	"fmt"
)

// keys are the queues of the keys that have events, and of those that had some. The lock
// of the stage guards them.
type keys struct {
	queues  map[string]*queue
	idle    []*queue       // those that may have become empty, the oldest first
	asked   map[string]int // by how many events the state store is asked for a key
	most    int            // how many may be idle
	forgets bool           // a key without events is forgotten at once
}

func newKeys() keys { return keys{queues: map[string]*queue{}, asked: map[string]int{}, most: maxIdle} }

// maxIdle is how many keys without events are remembered, where the state store takes
// longer to find them again.
const maxIdle = 100_000

// queueOf returns the queue of a key and keeps it alive for one more event. A
// key that is not in memory is looked up in the state store; the lock is given back
// meanwhile if that may wait.
func (s *stage) queueOf(ctx context.Context, key string) (*queue, error) {
	q := s.keys.queues[key]
	if q == nil {
		last, err := s.lookUp(ctx, key)
		if err != nil {
			return nil, fmt.Errorf("look up the last released time of key %q: %w", key, err)
		}
		q = s.keys.add(key, last)
	}
	q.users++
	return q, nil
}

// lookUp asks the state store. Nothing that happens to the key meanwhile may be forgotten:
// the answer is older.
func (s *stage) lookUp(ctx context.Context, key string) (l last, err error) {
	if s.quick {
		l.at, l.earlier, err = s.times.Last(ctx, key)
		return l, err
	}
	s.keys.asked[key]++
	s.unlock()
	defer func() {
		s.lock()
		if s.keys.asked[key]--; s.keys.asked[key] == 0 {
			delete(s.keys.asked, key)
		}
	}()
	l.at, l.earlier, err = s.times.Last(ctx, key)
	return l, err
}

// add returns the queue of a key, a new one unless it has come to have one meanwhile.
func (k *keys) add(key string, l last) *queue {
	q := k.queues[key]
	if q == nil {
		q = newQueue(key, l)
		k.queues[key] = q
	}
	return q
}

// leave takes one user from a queue. What the store would not tell of it is remembered for
// some time: idle queues are forgotten, oldest first. Of a time that an earlier run has saved
// the store would say that this one did.
func (k *keys) leave(q *queue) {
	if q.users--; q.users > 0 || q.idle {
		return
	}
	if k.forgets && !q.gap && !q.before.After(q.settled) {
		delete(k.queues, q.key)
		return
	}
	q.idle = true
	k.idle = append(k.idle, q)
	for range len(k.idle) - k.most {
		k.forgetOldest()
	}
}

func (k *keys) forgetOldest() {
	oldest := k.idle[0]
	k.idle[0], k.idle = nil, k.idle[1:]
	oldest.idle = false
	switch {
	case oldest.users > 0:
	case k.asked[oldest.key] > 0:
		oldest.idle = true
		k.idle = append(k.idle, oldest)
	default:
		delete(k.queues, oldest.key)
	}
}
