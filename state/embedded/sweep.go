package embedded

import (
	"time"

	"go.etcd.io/bbolt"
)

// expiredSegment is a segment that nobody looks into any longer.
type expiredSegment struct {
	table   *table
	segment *segment
}

// expired returns a segment to delete, nil when there is none.
func (w *writer) expired(now time.Time) *expiredSegment {
	for _, t := range w.store.allTables() {
		if seg := t.oldest(); seg != nil && seg.expired(now) {
			return &expiredSegment{t, seg}
		}
	}
	return nil
}

// nextEnd returns when the next segment expires, 0 when there is none.
func (w *writer) nextEnd() (end int64) {
	for _, t := range w.store.allTables() {
		if seg := t.oldest(); seg != nil && (end == 0 || seg.end < end) {
			end = seg.end
		}
	}
	return end
}

// sweep deletes the segment's bucket, and that of the space when it was the
// last. A segment is a few large sheets, so that this takes milliseconds.
func (e *expiredSegment) sweep(tx *bbolt.Tx) error {
	if e == nil || e.table.segmentBucket(tx, e.segment.end) == nil {
		return nil
	}
	top := tx.Bucket([]byte(e.table.bucket))
	if err := top.DeleteBucket(segmentName(e.segment.end)); err != nil {
		return err
	}
	if first, _ := top.Cursor().First(); first != nil {
		return nil
	}
	return tx.DeleteBucket([]byte(e.table.bucket))
}
