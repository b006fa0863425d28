package redisstream

import (
	"math/rand/v2"
	"time"
)

// pause is how long to wait before another attempt: longer each time, with jitter, so
// that many who failed together do not come back together.
type pause struct{ failures int }

const (
	shortestPause = 100 * time.Millisecond
	longestPause  = 10 * time.Second
)

// next counts a failure.
func (p *pause) next() time.Duration {
	d := min(shortestPause<<min(p.failures, 10), longestPause)
	p.failures++
	return d/2 + rand.N(d/2+1)
}

func (p *pause) reset() { p.failures = 0 }
