package file

import (
	"errors"
	"log/slog"
	"sync"

	"github.com/leat-io/leat/pipeline"
)

// maxOpen is how many files of a path with {date} stay open.
const maxOpen = 32

// files are the open files of a sink.
type files struct {
	fsync bool
	clock pipeline.Clock
	log   *slog.Logger

	mu   sync.Mutex
	open map[string]*appender
	uses uint64
}

func (fs *files) openNow(path string) error {
	a, err := fs.get(path)
	if err != nil {
		return err
	}
	fs.put(a, 1)
	return nil
}

// get returns the open file of a path, opening it if need be. It is not closed before it
// is given back, with put, or by a line that was added and is settled.
func (fs *files) get(path string) (*appender, error) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	a := fs.open[path]
	if a == nil {
		var err error
		if a, err = openAppender(path, fs.fsync, fs.clock, fs.log); err != nil {
			return nil, err
		}
		a.unused = func(n int) { fs.put(a, n) }
		fs.open[path] = a
		fs.closeUnused()
	}
	fs.uses++
	a.users, a.lastUse = a.users+1, fs.uses
	return a, nil
}

func (fs *files) put(a *appender, n int) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	a.users -= n
	fs.closeUnused() // more may have been in use than should be open
}

// closeUnused closes the files that were not used for the longest time while too
// many are open. What was written stays written; it is only not at hand.
func (fs *files) closeUnused() {
	for len(fs.open) > maxOpen && fs.closeOldest() {
	}
}

func (fs *files) closeOldest() (closed bool) {
	var oldest *appender
	for _, a := range fs.open {
		if a.users == 0 && a.lastUse > 0 && (oldest == nil || a.lastUse < oldest.lastUse) {
			oldest = a
		}
	}
	if oldest == nil {
		return false
	}
	delete(fs.open, oldest.path)
	if err := oldest.close(); err != nil {
		fs.log.Error("close file", "path", oldest.path, "error", err)
	}
	return true
}

func (fs *files) close() error {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	var errs []error
	for path, a := range fs.open {
		errs = append(errs, a.close())
		delete(fs.open, path)
	}
	return errors.Join(errs...)
}
