package testservers

import (
	"os/exec"
	"syscall"
)

// EndWithParent has the kernel kill a process that is about to be started when this
// process is gone. The
// signal goes by the thread that started the server; Go ends a thread only when
// a goroutine that is locked to it returns.
func EndWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
