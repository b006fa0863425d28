package embedded

import (
	"errors"
	"fmt"
	"strconv"

	"go.etcd.io/bbolt"
)

// format is the version of the file's layout:
//
//	leat              kind = state, format, run, clean = the last run that was closed
//	claims/SPACE      segments: name = end (8 bytes); in them levels (1 byte); in them sheets
//	                  (inverted sequence number, 8 bytes) of digest (16), run (4), outcome (1)
//	times/SPACE       the same; sheets of digest of the key (16), run (4), Unix nanoseconds (8)
const format = 1

const (
	metaBucket = "leat"
	kind       = "state"
)

var (
	errNotOurs = errors.New("not a state file")
	errDamaged = errors.New("not readable")
)

// readMeta returns the number of the last run, 0 for an empty file, and refuses
// what is not a state file or has a format of a newer leat.
func readMeta(tx *bbolt.Tx) (run uint32, err error) {
	b := tx.Bucket([]byte(metaBucket))
	if b == nil {
		if first, _ := tx.Cursor().First(); first != nil {
			return 0, errNotOurs
		}
		return 0, nil
	}
	if string(b.Get([]byte("kind"))) != kind {
		return 0, errNotOurs
	}
	version, err := number(b, "format")
	if err != nil {
		return 0, err
	}
	if version > format {
		return 0, fmt.Errorf("it has format %d and this leat knows formats up to %d: use the newer leat that wrote it, or another path", version, format)
	}
	return number(b, "run")
}

// writeRun begins a run.
func writeRun(db *bbolt.DB, run uint32) error {
	return writeMeta(db, map[string]string{
		"kind":   kind,
		"format": strconv.Itoa(format),
		"run":    strconv.FormatUint(uint64(run), 10),
	})
}

// writeClean records that the run was closed with everything written. It is
// missing after a crash.
func writeClean(db *bbolt.DB, run uint32) error {
	return writeMeta(db, map[string]string{"clean": strconv.FormatUint(uint64(run), 10)})
}

// wasClosed reports whether the last run wrote that it was closed. A file without
// runs counts as closed.
func wasClosed(tx *bbolt.Tx) bool {
	b := tx.Bucket([]byte(metaBucket))
	return b == nil || string(b.Get([]byte("clean"))) == string(b.Get([]byte("run")))
}

func writeMeta(db *bbolt.DB, entries map[string]string) error {
	return db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte(metaBucket))
		for name, value := range entries {
			if err == nil {
				err = b.Put([]byte(name), []byte(value))
			}
		}
		return err
	})
}

func number(b *bbolt.Bucket, name string) (uint32, error) {
	n, err := strconv.ParseUint(string(b.Get([]byte(name))), 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%w: its %s is not a number", errDamaged, name)
	}
	return uint32(n), nil
}
