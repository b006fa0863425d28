//go:build !race

package cli

// memoryAtMost is how much memory a run may take, whatever its input.
const memoryAtMost = 150 << 20
