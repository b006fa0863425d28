//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

// Package filelock locks files for a process, for as long as it lives.
package filelock

import (
	"errors"
	"os"
	"syscall"
)

// TryLock locks a file for this process. The kernel unlocks it when the process
// ends, however it does.
func TryLock(f *os.File) (bool, error) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}
