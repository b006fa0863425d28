package embedded

import (
	"bytes"
	"slices"
	"strings"
	"sync/atomic"

	"go.etcd.io/bbolt"

	"github.com/leat-io/leat/pipeline"
)

// What the names of the buckets of a space begin with.
const (
	claimsPrefix = "claims/"
	timesPrefix  = "times/"
)

// table is the records of one space.
type table struct {
	bucket    string
	valueSize int
	// segments are those in the file, the last to expire first. Only the writer
	// replaces the list; readers take it as it is.
	segments atomic.Pointer[[]*segment]
}

func newTable(bucket string) *table {
	t := &table{bucket: bucket, valueSize: claimSize}
	if strings.HasPrefix(bucket, timesPrefix) {
		t.valueSize = timeSize
	}
	t.segments.Store(&[]*segment{})
	return t
}

// find returns the value of a key that has not expired, nil when there is none.
// For a key that is not in the file, which is the usual case, the filters
// nearly always answer without a look at the file.
func (t *table) find(db *bbolt.DB, key pipeline.Digest, clock pipeline.Clock) ([]byte, error) {
	for _, seg := range *t.segments.Load() {
		if !seg.filter.mayHave(key) {
			continue
		}
		if seg.expired(clock.Now()) {
			return nil, nil // and so are those after it
		}
		value, err := t.read(db, seg, key)
		if value != nil || err != nil {
			return value, err
		}
	}
	return nil, nil
}

func (t *table) read(db *bbolt.DB, seg *segment, key pipeline.Digest) (value []byte, err error) {
	err = db.View(func(tx *bbolt.Tx) error {
		b := t.segmentBucket(tx, seg.end)
		if b == nil {
			return nil
		}
		eachSheetOf(b, keySize+t.valueSize, func(s sheet) bool {
			value = bytes.Clone(s.find(key))
			return value == nil
		})
		return nil
	})
	return value, err
}

// segmentBucket returns the bucket of a segment, nil when it is gone.
func (t *table) segmentBucket(tx *bbolt.Tx, end int64) *bbolt.Bucket {
	if b := tx.Bucket([]byte(t.bucket)); b != nil {
		return b.Bucket(segmentName(end))
	}
	return nil
}

// note makes a key known that is in the file now.
func (t *table) note(end int64, key pipeline.Digest) {
	t.segment(end).filter.add(key)
}

// segment returns the segment with that end, a new one if need be.
func (t *table) segment(end int64) *segment {
	old := *t.segments.Load()
	at, found := slices.BinarySearchFunc(old, end, func(s *segment, end int64) int {
		return int(min(max(end-s.end, -1), 1))
	})
	if !found {
		grown := slices.Insert(slices.Clone(old), at, &segment{end: end})
		t.segments.Store(&grown)
		return grown[at]
	}
	return old[at]
}

// forget takes a segment off the list that is no longer in the file.
func (t *table) forget(gone *segment) {
	left := slices.DeleteFunc(slices.Clone(*t.segments.Load()), func(s *segment) bool { return s == gone })
	t.segments.Store(&left)
}

// oldest returns the segment that expires first, nil when there is none.
func (t *table) oldest() *segment {
	if all := *t.segments.Load(); len(all) > 0 {
		return all[len(all)-1]
	}
	return nil
}
