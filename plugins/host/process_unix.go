//go:build unix && !linux

package host

import (
	"errors"
	"os/exec"
	"syscall"
)

// startGroup starts a process as the first of a group.
func startGroup(cmd *exec.Cmd, l limits) error {
	if l != (limits{}) {
		return errors.New("memory and cpus can be limited on Linux only")
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd.Start()
}

// awaitExit cannot tell an end here without waiting for the process.
func awaitExit(int) bool { return false }

// killGroup ends all processes of a group.
func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }

func residentMemory(int) int64 { return 0 }
