package cli

import (
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
)

// memoryShare is how much, in per cent, of the memory that a container or service may use
// the collector aims to stay below. The rest is for what Go does not count, and for
// plugins, which count there too.
const memoryShare = 80

// limitMemory has Go's collector work harder before the memory limit of the control group
// is reached, at which the kernel would end the process. GOMEMLIMIT in the environment says
// what is wanted instead. Limits for processors Go respects by itself.
func limitMemory() {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	if limit := groupLimit("/proc/self/cgroup", "/sys/fs/cgroup"); limit > 0 {
		debug.SetMemoryLimit(limit / 100 * memoryShare)
	}
}

// groupLimit returns the smallest memory limit of the process's control group (version 2)
// and those above it, in bytes; 0 if there is none, or none can be read.
func groupLimit(self, root string) (limit int64) {
	text, _ := os.ReadFile(self)
	for line := range strings.Lines(string(text)) {
		group, found := strings.CutPrefix(strings.TrimSpace(line), "0::/")
		if !found {
			continue
		}
		for group = filepath.Clean("/" + group); ; group = filepath.Dir(group) {
			limit = least(limit, limitIn(filepath.Join(root, group, "memory.max")))
			if group == "/" {
				return limit
			}
		}
	}
	return limit
}

func limitIn(file string) int64 {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64) // "max" is none
	if err != nil || n <= 0 || n == math.MaxInt64 {
		return 0
	}
	return n
}

// least returns the smaller of two limits, of which 0 is none.
func least(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}
