package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/leat-io/leat/pipeline"
)

// contents is what is in a file when it is opened.
type contents struct {
	run    uint32            // the last one
	clean  bool              // it was closed, or there was none
	tables map[string]*table // with the filters of their segments
}

// look reads the whole file without changing it, so that a file that is damaged
// or somebody else's is left as it is. bbolt itself panics over a damaged page,
// and where it reads a whole file it does so in a goroutine of its own.
func look(path string, wait time.Duration) (found contents, err error) {
	found.tables = map[string]*table{}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return found, nil
	}
	o := options(wait)
	o.ReadOnly = true
	db, err := bbolt.Open(path, 0o600, o)
	if err != nil {
		return found, unreadable(err)
	}
	defer db.Close()
	return found, found.read(db)
}

// unreadable says that the file is damaged, unless it could not be asked.
func unreadable(err error) error {
	var path *fs.PathError
	if errors.Is(err, berrors.ErrTimeout) || errors.As(err, &path) {
		return err
	}
	return fmt.Errorf("%w: %w", errDamaged, err)
}

// read turns the panics that a damaged page leads to into errors, also those of
// a file that is shorter than it was.
func (c *contents) read(db *bbolt.DB) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("%w: %v", errDamaged, broken)
		}
	}()
	return db.View(func(tx *bbolt.Tx) error {
		c.clean = wasClosed(tx)
		if c.run, err = readMeta(tx); err != nil {
			return err
		}
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			switch n := string(name); {
			case n == metaBucket:
				return nil
			case strings.HasPrefix(n, claimsPrefix), strings.HasPrefix(n, timesPrefix):
				return c.readTable(n, b)
			}
			return fmt.Errorf("%w: unknown part %q", errDamaged, name)
		})
	})
}

func (c *contents) readTable(name string, b *bbolt.Bucket) error {
	t := newTable(name)
	c.tables[name] = t
	return b.ForEach(func(end, value []byte) error {
		if value != nil || len(end) != 8 {
			return fmt.Errorf("%w: unknown entry in %q", errDamaged, name)
		}
		return readSegment(t.segment(segmentOf(end)), b.Bucket(end), keySize+t.valueSize)
	})
}

func readSegment(seg *segment, b *bbolt.Bucket, size int) (err error) {
	eachSheetOf(b, size, func(s sheet) bool {
		if !s.ordered() {
			err = fmt.Errorf("%w: its entries are not in order", errDamaged)
			return false
		}
		for i := range s.len() {
			seg.filter.add(pipeline.Digest(s.key(i)))
		}
		return true
	})
	return err
}
