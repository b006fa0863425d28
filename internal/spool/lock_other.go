//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package spool

import (
	"errors"
	"os"
)

// tryLock refuses: two processes in one spool would lose records, and a lock that
// outlives a killed process would keep its successor out.
func tryLock(*os.File) (bool, error) {
	return false, errors.New("this system has no lock that ends with its process, without which a spool is not safe")
}
