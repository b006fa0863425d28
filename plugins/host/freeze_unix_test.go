//go:build unix

package host

import (
	"os"
	"syscall"
)

// freeze stops the whole process, which then answers nothing any more.
func freeze() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	select {}
}
