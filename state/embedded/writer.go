package embedded

import (
	"errors"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/leat-io/leat/pipeline"
)

// writer is the one goroutine that writes to the file.
type writer struct {
	store *store
	ended chan struct{}
	// update runs a transaction; a nil error means it is on the disk.
	update func(*bbolt.DB, func(*bbolt.Tx) error) error

	pace       pace
	failed     bool           // the last transaction
	sweepAt    int64          // what sweepTimer is set to, 0 when it is not
	sweepTimer pipeline.Timer // wakes the writer when a segment expires

	mu         sync.Mutex
	flushTimer pipeline.Timer
}

func (w *writer) init(s *store) {
	w.store, w.ended, w.update = s, make(chan struct{}), (*bbolt.DB).Update
}

// work writes whenever there is something, until the store is closed and
// nothing waits any longer.
func (w *writer) work() {
	defer close(w.ended)
	defer w.stopTimers()
	for range w.store.queue.wake {
		last := w.store.queue.isClosed() // nothing is added after that
		for w.writeNext() {
		}
		if last {
			return
		}
		w.sweepLater()
	}
}

// writeNext makes one transaction of what waits, and deletes a segment that
// has expired in the same. It reports whether there may be more to do.
func (w *writer) writeNext() bool {
	q := &w.store.queue
	q.gather(w.pace)
	now := w.store.clock.Now()
	l, old := q.take(), w.expired(now)
	w.pace.see(l.commits())
	if l.empty() && (old == nil || q.isClosed()) {
		return false
	}
	records, begun := l.records(w.store.run, now), time.Now()
	err := w.update(w.store.db.Load(), func(tx *bbolt.Tx) error {
		return errors.Join(old.sweep(tx), put(tx, records))
	})
	w.pace.took = time.Since(begun)
	if w.failed = err != nil; !w.failed {
		w.note(records, old)
	}
	w.settle(l, err)
	return err == nil || l.batch != nil
}

// note makes known what is in the file now, before anybody is told of it.
func (w *writer) note(records []record, old *expiredSegment) {
	if old != nil {
		old.table.forget(old.segment)
	}
	for _, r := range records {
		r.table.note(r.end, r.key)
	}
}

// settle wakes those who wait for the load. What only the log can be told is
// told there.
func (w *writer) settle(l load, err error) {
	err = wrap("write", w.store.path, err)
	if err != nil && l.batch == nil {
		w.store.log.Error("state not written, will be tried again", "error", err)
	}
	if w.store.queue.settle(l, err) {
		w.flushLater()
	}
}

// put writes records, which are in the order of the file, a sheet for each
// segment.
func put(tx *bbolt.Tx, records []record) error {
	for len(records) > 0 {
		first, n := records[0], 1
		for n < len(records) && records[n].table == first.table && records[n].end == first.end {
			n++
		}
		top, err := tx.CreateBucketIfNotExists([]byte(first.table.bucket))
		if err != nil {
			return err
		}
		segment, err := top.CreateBucketIfNotExists(segmentName(first.end))
		if err != nil {
			return err
		}
		if err := addSheet(segment, newSheet(records[:n])); err != nil {
			return err
		}
		records = records[n:]
	}
	return nil
}

// flushLater has the times that wait written in a second, if no commit takes
// them along before.
func (w *writer) flushLater() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.flushTimer != nil {
		w.flushTimer.Stop()
	}
	w.flushTimer = w.store.clock.AfterFunc(saveWithin, w.store.queue.flushNow)
}

func (w *writer) stopTimers() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range []pipeline.Timer{w.flushTimer, w.sweepTimer} {
		if t != nil {
			t.Stop()
		}
	}
}

// sweepLater wakes the writer when the next segment expires, or in a minute
// when one has expired that could not be deleted.
func (w *writer) sweepLater() {
	now := w.store.clock.Now()
	end := w.nextEnd()
	if end == w.sweepAt && end > now.Unix() || end == 0 {
		return
	}
	if w.sweepTimer != nil {
		w.sweepTimer.Stop()
	}
	after := time.Unix(end, 0).Sub(now)
	if w.failed {
		after = max(after, time.Minute)
	}
	w.sweepAt, w.sweepTimer = end, w.store.clock.AfterFunc(after, w.store.queue.signal)
}
