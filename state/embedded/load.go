package embedded

import (
	"slices"
	"time"
)

// load is what the writer puts into one transaction.
type load struct {
	batch *batch // nil when only times are due
	saves map[save]time.Time
}

func (l load) empty() bool { return l.batch == nil && len(l.saves) == 0 }

func (l load) commits() int {
	if l.batch == nil {
		return 0
	}
	return len(l.batch.records)
}

// take hands the writer the next batch, and with it all times that wait. Times
// alone are taken once they have waited long enough, or at the close.
func (q *queue) take() load {
	q.mu.Lock()
	defer q.mu.Unlock()
	var l load
	if len(q.batches) > 0 {
		l.batch, q.batches = q.batches[0], q.batches[1:]
		l.batch.running = true
	}
	if len(q.saves) > 0 && (l.batch != nil || q.flush || q.closed) {
		l.saves, q.saves = q.saves, make(map[save]time.Time)
		q.writing, q.flush = l.saves, false
	}
	return l
}

// settle tells those who wait how the transaction ended. The times of one that
// failed wait again, unless there are later ones; settle reports whether some do.
func (q *queue) settle(l load, err error) (waiting bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.writing = nil
	if err != nil {
		for s, at := range l.saves {
			if _, later := q.saves[s]; !later {
				q.saves[s] = at
			}
		}
	}
	if l.batch != nil {
		l.batch.err = err
		close(l.batch.done)
		go l.batch.tellAll()
	}
	return len(q.saves) > 0
}

// tellAll tells those who do not wait for the batch. The next one can be written
// meanwhile.
func (b *batch) tellAll() {
	for _, tell := range b.tell {
		tell(b.err)
	}
}

// flushNow has the times written without a commit.
func (q *queue) flushNow() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.flush = len(q.saves) > 0
	q.signal()
}

// records returns everything of the load in the order of the file. Of two
// commits of one event the later stays the later.
func (l load) records(run uint32, now time.Time) []record {
	var all []record
	if l.batch != nil {
		all = l.batch.records
	}
	for s, at := range l.saves {
		all = append(all, record{s.table, segmentEnd(now, keep), s.key, timeValue(run, at)})
	}
	slices.SortStableFunc(all, inFileOrder)
	return all
}
