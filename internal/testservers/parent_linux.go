package testservers

import (
	"os/exec"
	"syscall"
)

// endWithParent has the kernel kill the server when this process is gone. The
// signal goes by the thread that started the server; Go ends a thread only when
// a goroutine that is locked to it returns.
func endWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
