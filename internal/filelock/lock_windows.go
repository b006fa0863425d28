// Package filelock locks files for a process, for as long as it lives.
package filelock

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// TryLock locks a file for this process. Windows unlocks it when the process
// ends, however it does.
func TryLock(f *os.File) (bool, error) {
	flags := uint32(windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY)
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	return err == nil, err
}
