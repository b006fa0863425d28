package embedded

import (
	"encoding/binary"

	"go.etcd.io/bbolt"
)

// A segment's bucket holds a bucket per level, and that its sheets. New sheets
// come to level 0; sixteen of a level become one of the next, until that would
// be too large to be made while commits wait. So there are few sheets to search
// and every record is written only a few times.
const (
	sheetsPerLevel = 16
	largestMerge   = 4 << 20 // bytes
)

// addSheet puts the newest sheet into the bucket of its segment.
func addSheet(segment *bbolt.Bucket, s sheet) error {
	seq, err := segment.NextSequence()
	if err != nil {
		return err
	}
	for level := byte(0); ; level++ {
		b, err := segment.CreateBucketIfNotExists([]byte{level})
		if err != nil {
			return err
		}
		all, bytes := []sheet{s}, 0
		_ = eachSheet(b, s.size, func(older sheet) bool {
			all, bytes = append(all, older), bytes+len(older.entries)
			return true
		})
		if len(all) < sheetsPerLevel || bytes > largestMerge {
			return b.Put(sheetName(seq), s.entries)
		}
		s = mergeAll(all)
		if err := segment.DeleteBucket([]byte{level}); err != nil {
			return err
		}
	}
}

// sheetName makes a newer sheet come before an older one.
func sheetName(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, ^seq) }

// eachSheet calls f with the sheets of a level, the newest first, until it
// returns false. A sheet is valid during the transaction.
func eachSheet(level *bbolt.Bucket, size int, f func(sheet) bool) (more bool) {
	c := level.Cursor()
	for name, entries := c.First(); name != nil; name, entries = c.Next() {
		if !f(sheet{entries, size}) {
			return false
		}
	}
	return true
}

// eachSheetOf calls f with the sheets of a segment, the newest first, until it
// returns false.
func eachSheetOf(segment *bbolt.Bucket, size int, f func(sheet) bool) {
	c := segment.Cursor()
	for level, _ := c.First(); level != nil; level, _ = c.Next() {
		if !eachSheet(segment.Bucket(level), size, f) {
			return
		}
	}
}
