package spool

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/leat-io/leat/internal/filelock"
)

// lockWait is how long a spool is waited for that another process uses, such as
// the predecessor in a restart.
const lockWait = 2 * time.Second

// inUse reports whether a process has a spool open.
func inUse(folder string) bool {
	f, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	locked, err := filelock.TryLock(f)
	return !locked && err == nil
}

// lockFolder locks a spool for this process.
func lockFolder(folder string) (io.Closer, error) {
	f, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, wrap("lock", folder, err)
	}
	for deadline := time.Now().Add(lockWait); ; {
		locked, err := filelock.TryLock(f)
		if locked {
			return f, nil
		}
		if err == nil && time.Now().After(deadline) {
			err = fmt.Errorf("the spool %s is in use by another leat process, or by another flow: stop that one, or give each its own path", folder)
		}
		if err != nil {
			_ = f.Close()
			return nil, wrap("lock", folder, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
