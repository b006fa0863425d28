// Package backoff says how long to wait before another attempt at something that failed.
package backoff

import (
	"math/rand/v2"
	"time"
)

// Wait is how long to wait: twice as long after each failure, with jitter, so that many
// who failed together do not come back together.
type Wait struct {
	Shortest, Longest time.Duration
	// Failures is how often it failed since the last success.
	Failures int
}

// Next counts a failure and returns a time between half and all of what its number asks for.
func (w *Wait) Next() time.Duration {
	d := min(w.Shortest<<min(w.Failures, 10), w.Longest)
	w.Failures++
	return d/2 + rand.N(d/2+1)
}

// Reset notes a success.
func (w *Wait) Reset() { w.Failures = 0 }

// Doubled is shortest for the first time, n = 1 or less, and twice as long for each
// further one, up to longest.
func Doubled(shortest, longest time.Duration, n int) time.Duration {
	d := shortest
	for ; n > 1 && d < longest; n-- {
		if d > longest/2 {
			return longest
		}
		d *= 2
	}
	return min(d, longest)
}
