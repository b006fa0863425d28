package host

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// startGroup starts a process as the first of a group, which the kernel ends when leat
// is gone. The process inherits the processors of the thread that starts it.
func startGroup(cmd *exec.Cmd, l limits) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if l.cpus == 0 {
		return cmd.Start()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, some unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return fmt.Errorf("cpus: %w", err)
	}
	for i := 0; some.Count() < min(l.cpus, all.Count()); i++ {
		if all.IsSet(i) {
			some.Set(i)
		}
	}
	if err := unix.SchedSetaffinity(0, &some); err != nil {
		return fmt.Errorf("cpus: %w", err)
	}
	err := cmd.Start()
	restored := unix.SchedSetaffinity(0, &all)
	if err == nil && restored != nil {
		killGroup(cmd.Process.Pid)
		_ = cmd.Wait()
	}
	return errors.Join(err, restored)
}

// awaitExit returns when a child has ended and is still to be waited for, and whether
// that is so.
func awaitExit(pid int) bool {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, syscall.EINTR) {
			return err == nil
		}
	}
}

// killGroup ends all processes of a group.
func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }

// residentMemory is how many bytes of memory a process uses, 0 when that is not known.
func residentMemory(pid int) int64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	fields := bytes.Fields(text)
	if err != nil || len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	return pages * int64(os.Getpagesize())
}
