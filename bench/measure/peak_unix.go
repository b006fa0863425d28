//go:build unix

package measure

import (
	"os"
	"runtime"
	"syscall"
)

// peak is the most memory that a process had.
func peak(p *os.ProcessState) int64 {
	used, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" { // in bytes there
		return used.Maxrss
	}
	return used.Maxrss << 10
}
