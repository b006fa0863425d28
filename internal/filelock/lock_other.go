//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

// Package filelock locks files for a process, for as long as it lives.
package filelock

import (
	"errors"
	"os"
)

// TryLock refuses: two processes in one file would lose records, and a lock that
// outlives a killed process would keep its successor out.
func TryLock(*os.File) (bool, error) {
	return false, errors.New("this system has no lock that ends with its process, without which it is not safe to go on")
}
