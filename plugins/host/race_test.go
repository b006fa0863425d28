//go:build race

package host

// slower is how many times longer a test may take with the race detector.
const slower = 10
