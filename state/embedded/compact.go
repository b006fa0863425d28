package embedded

import (
	"errors"
	"log/slog"
	"os"

	"go.etcd.io/bbolt"
)

// compactFrom is the size from which a file is made smaller when more than half
// of it is free; bbolt never gives anything back by itself.
var compactFrom = int64(64 << 20)

// compact returns db, or a smaller copy in its place. A failure to make the copy,
// for want of room, is not one to open the file.
func compact(db *bbolt.DB, path string, log *slog.Logger) (*bbolt.DB, error) {
	info, err := os.Stat(path)
	if err != nil {
		return db, nil
	}
	used := usedBytes(db)
	if info.Size() < compactFrom || used > info.Size()/2 {
		return db, nil
	}
	copied, err := copyTo(db, path+".compact")
	if err != nil {
		log.Warn("state file not made smaller", "path", path, "error", err)
		return db, nil
	}
	// The copy is locked by now, and the original is until the copy has its
	// name: no other process can come in between.
	if err := os.Rename(path+".compact", path); err != nil {
		log.Warn("state file not made smaller", "path", path, "error", err)
		return db, errors.Join(copied.Close(), os.Remove(path+".compact"))
	}
	log.Info("state file made smaller", "path", path, "was", info.Size(), "used", used)
	return copied, db.Close()
}

// usedBytes is what a copy would need: without the pages that were freed, and
// without the end of the file that was never written to.
func usedBytes(db *bbolt.DB) (n int64) {
	_ = db.View(func(tx *bbolt.Tx) error {
		n = tx.Size()
		return nil
	})
	return n - int64(db.Stats().FreePageN)*int64(db.Info().PageSize)
}

// copyTo copies what is in the file into another, and has it on the disk.
func copyTo(db *bbolt.DB, path string) (*bbolt.DB, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	o := options(0)
	o.NoSync = true
	copied, err := bbolt.Open(path, 0o600, o)
	if err != nil {
		return nil, err
	}
	if err = bbolt.Compact(copied, db, 1<<20); err == nil {
		err = copied.Sync()
	}
	if err != nil {
		return nil, errors.Join(err, copied.Close(), os.Remove(path))
	}
	copied.NoSync = false
	return copied, nil
}
