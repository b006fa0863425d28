package embedded

import (
	"bytes"
	"errors"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// sweepSize is how many expired records are deleted in one transaction: commits
// that travel with it wait a few milliseconds longer.
const sweepSize = 2000

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

// sweep deletes the first records of the segment, which lie side by side, and
// with the last of them its bucket. It reports whether the bucket is gone.
func (e *expiredSegment) sweep(tx *bbolt.Tx) (gone bool, err error) {
	if e == nil {
		return false, nil
	}
	b := e.table.segmentBucket(tx, e.segment.end)
	if b == nil {
		return true, nil
	}
	keys := firstKeys(b, sweepSize)
	if len(keys) == sweepSize {
		for _, k := range keys {
			err = errors.Join(err, b.Delete(k))
		}
		return false, err
	}
	return true, e.deleteBucket(tx)
}

// deleteBucket deletes the segment's bucket, and that of the space when it was
// the last.
func (e *expiredSegment) deleteBucket(tx *bbolt.Tx) error {
	top := tx.Bucket([]byte(e.table.bucket))
	err := top.DeleteBucket(segmentName(e.segment.end))
	if err != nil && !errors.Is(err, berrors.ErrBucketNotFound) {
		return err
	}
	if first, _ := top.Cursor().First(); first != nil {
		return nil
	}
	return tx.DeleteBucket([]byte(e.table.bucket))
}

func firstKeys(b *bbolt.Bucket, n int) [][]byte {
	keys := make([][]byte, 0, n)
	c := b.Cursor()
	for k, _ := c.First(); k != nil && len(keys) < n; k, _ = c.Next() {
		keys = append(keys, bytes.Clone(k))
	}
	return keys
}
