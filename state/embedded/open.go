package embedded

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// lockWait is how long a file is waited for that another process has open, such
// as the predecessor in a restart.
const lockWait = 2 * time.Second

// opened is a state file that is ours until it is closed.
type opened struct {
	db *bbolt.DB
	contents
}

// openFile opens the file, or creates it, and begins a new run in it.
func openFile(path string, log *slog.Logger) (opened, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return opened{}, wrap("create the folder of", path, err)
	}
	deadline := time.Now().Add(lockWait)
	for {
		found, err := look(path, time.Until(deadline))
		if err != nil {
			return opened{}, sentence(path, err)
		}
		db, file, err := openToWrite(path, time.Until(deadline))
		if err != nil {
			return opened{}, sentence(path, err)
		}
		if isAt(file, path) && runIs(db, found.run) {
			return begin(db, path, found, log)
		}
		// Another process had the file between the look and now, so what the
		// look found is not all there is: every process that opens the file
		// begins a run, and one that makes it smaller replaces it.
		if err := db.Close(); err != nil {
			return opened{}, wrap("close", path, err)
		}
	}
}

// begin makes the file smaller if that pays, and writes the number of the run.
func begin(db *bbolt.DB, path string, found contents, log *slog.Logger) (opened, error) {
	db, err := compact(db, path, log)
	if err != nil {
		return opened{}, sentence(path, err)
	}
	found.run++
	if err := errors.Join(writeRun(db, found.run), syncFolder(path)); err != nil {
		_ = db.Close()
		return opened{}, wrap("write", path, err)
	}
	return opened{db, found}, nil
}

func runIs(db *bbolt.DB, run uint32) bool {
	var last uint32
	err := db.View(func(tx *bbolt.Tx) (err error) {
		last, err = readMeta(tx)
		return err
	})
	return err == nil && last == run
}

// openToWrite opens the file and locks out every other process.
func openToWrite(path string, wait time.Duration) (db *bbolt.DB, file *os.File, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			_ = file.Close() // and with it the lock
			err = fmt.Errorf("%w: %v", errDamaged, broken)
		}
	}()
	o := options(wait)
	o.OpenFile = func(name string, flag int, mode os.FileMode) (f *os.File, err error) {
		file, err = os.OpenFile(name, flag, mode)
		return file, err
	}
	db, err = bbolt.Open(path, 0o600, o)
	return db, file, err
}

// options leaves the list of free pages out of the file: it would be written
// with every commit, and is found again when the file is opened.
func options(wait time.Duration) *bbolt.Options {
	return &bbolt.Options{
		Timeout:        max(wait, time.Millisecond),
		NoFreelistSync: true,
		FreelistType:   bbolt.FreelistMapType,
	}
}

// sentence says what is wrong with a file and what can be done.
func sentence(path string, err error) error {
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return fmt.Errorf("the state file %s is in use by another leat process: stop that one, or give each process its own path", path)
	case errors.Is(err, errNotOurs):
		return fmt.Errorf("%s is not a leat state file: choose another path", path)
	case errors.Is(err, errDamaged):
		return fmt.Errorf("the state file %s is damaged, or not a leat state file: restore it, or move it away to begin with an empty memory, which delivers again what the sources still hold (%w)", path, err)
	}
	return wrap("open", path, err)
}

func wrap(doing, path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s the state file %s: %w", doing, path, err)
}
