package file

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// appender appends lines to one file. A line is written with one call, so that
// a process that is killed leaves at most one torn line, at the end.
type appender struct {
	path  string
	fsync bool
	clock pipeline.Clock
	log   *slog.Logger

	users   int    // guarded by files.mu
	lastUse uint64 // guarded by files.mu

	mu      sync.Mutex
	f       *os.File
	regular bool
	size    int64 // of what is known to be whole lines
	torn    bool  // there may be a piece of a line behind size
	checked time.Time
	buf     []byte
	group   *syncGroup // lines that wait for the next fsync

	syncing sync.Mutex // held during an fsync, taken before mu
}

func openAppender(path string, fsync bool, clock pipeline.Clock, log *slog.Logger) (*appender, error) {
	a := &appender{path: path, fsync: fsync, clock: clock, log: log}
	return a, a.reopen()
}

// reopen opens the file and mends the end that a killed process may have left.
func (a *appender) reopen() error {
	if err := os.MkdirAll(filepath.Dir(a.path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(a.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o644)
	if errors.Is(err, os.ErrPermission) { // it may be write-only
		f, err = os.OpenFile(a.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	}
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	a.f, a.regular, a.torn, a.size = f, info.Mode().IsRegular(), false, 0
	a.checked = a.clock.Now()
	if !a.regular {
		return nil
	}
	if a.size, err = mendEnd(f, a.path, info.Size(), a.log); err != nil {
		return errors.Join(fmt.Errorf("mend the end of %s: %w", a.path, err), f.Close())
	}
	return nil
}

// append writes a line, which ends with a line break, and with fsync waits until
// it is on the disk.
func (a *appender) append(line []byte) error {
	a.mu.Lock()
	if err := a.write(line); err != nil {
		a.mu.Unlock()
		return err
	}
	if !a.fsync {
		a.mu.Unlock()
		return nil
	}
	return a.syncAndUnlock()
}

func (a *appender) write(line []byte) error {
	if err := a.followRename(); err != nil {
		return err
	}
	if a.torn {
		if err := a.f.Truncate(a.size); err != nil {
			return fmt.Errorf("take back a line that was cut off: %w", err)
		}
		a.torn = false
	}
	n, err := a.f.Write(line)
	if err == nil {
		a.size += int64(n)
		return nil
	}
	if n > 0 && a.regular {
		a.torn = a.f.Truncate(a.size) != nil
	}
	return err
}

// followRename opens the path again when the file behind it is another one, as
// after a rotation of logs. It looks at most once a second.
func (a *appender) followRename() error {
	if now := a.clock.Now(); now.Sub(a.checked) >= time.Second {
		a.checked = now
		at, err := os.Stat(a.path)
		ours, ourErr := a.f.Stat()
		if err == nil && ourErr == nil && os.SameFile(at, ours) {
			return nil
		}
		if err == nil || errors.Is(err, os.ErrNotExist) {
			old := a.f
			if err := a.reopen(); err != nil {
				return err
			}
			return old.Close()
		}
	}
	return nil
}

func (a *appender) close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.f.Close()
}
