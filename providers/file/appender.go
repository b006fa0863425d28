package file

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// appender appends lines to one file. A line is written with one call, alone or with
// others, so that a process that is killed leaves at most one torn line, at the end.
type appender struct {
	path  string
	fsync bool
	clock pipeline.Clock
	log   *slog.Logger

	unused  func(n int) // ends n uses
	users   int         // guarded by files.mu
	lastUse uint64      // guarded by files.mu

	queue queue

	mu      sync.Mutex
	f       handle
	regular bool
	torn    piece // of a line that could not be taken back yet
	checked time.Time
}

// handle is an open file.
type handle interface {
	io.WriteSeeker
	io.Closer
	Truncate(size int64) error
	Sync() error
	Stat() (os.FileInfo, error)
}

func openAppender(path string, fsync bool, clock pipeline.Clock, log *slog.Logger) (*appender, error) {
	a := &appender{path: path, fsync: fsync, clock: clock, log: log, unused: func(int) {}}
	return a, a.open()
}

// open opens the file and mends the end that a killed process may have left.
// When it fails, a stays as it was.
func (a *appender) open() error {
	if err := os.MkdirAll(filepath.Dir(a.path), 0o755); err != nil {
		return fmt.Errorf("make the folder of %s: %w", a.path, err)
	}
	readable := true
	f, err := os.OpenFile(a.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o644)
	if errors.Is(err, os.ErrPermission) { // it may be write-only
		readable = false
		f, err = os.OpenFile(a.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	}
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	regular := info.Mode().IsRegular()
	if regular && readable {
		if err := mendEnd(f, a.path, info.Size(), a.log); err != nil {
			return errors.Join(fmt.Errorf("mend the end of %s: %w", a.path, err), f.Close())
		}
	}
	a.f, a.regular, a.torn, a.checked = f, regular, piece{}, a.clock.Now()
	return nil
}

// followRename opens the path again when the file behind it is another one, as
// after a rotation of logs. It looks at most once a second.
func (a *appender) followRename() error {
	now := a.clock.Now()
	if now.Sub(a.checked) < time.Second {
		return nil
	}
	a.checked = now
	at, err := os.Stat(a.path)
	ours, ourErr := a.f.Stat()
	same := err == nil && ourErr == nil && os.SameFile(at, ours)
	if same || err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil
	}
	old := a.f
	if err := a.open(); err != nil {
		return err
	}
	return old.Close()
}

func (a *appender) close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.f.Close()
}
