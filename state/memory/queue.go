package memory

import (
	"time"

	"github.com/leat-io/leat/pipeline"
)

// queue holds the entries that were put with one ttl, the first to expire first.
type queue struct {
	ttl     time.Duration
	entries []entry
	head    int // entries before it are gone
}

type entry struct {
	id      pipeline.Digest
	expires int64
}

func (q *queue) push(e entry) { q.entries = append(q.entries, e) }

// pop takes the first entry out if it has expired.
func (q *queue) pop(now int64) (entry, bool) {
	if q.head == len(q.entries) || q.entries[q.head].expires > now {
		return entry{}, false
	}
	e := q.entries[q.head]
	q.head++
	if q.head > len(q.entries)/2 && q.head >= 64 {
		q.entries = q.entries[:copy(q.entries, q.entries[q.head:])]
		q.head = 0
	}
	return e, true
}
