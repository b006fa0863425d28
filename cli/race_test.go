//go:build race

package cli

// memoryAtMost is how much memory a run may take: several times as much while
// the race detector keeps its own books.
const memoryAtMost = 1 << 30
