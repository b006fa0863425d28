package tiki

import (
	"errors"
	"math/rand/v2"
	"time"
)

// pause is how long to wait before another attempt: longer each time, with jitter, so
// that many who failed together do not come back together.
type pause struct{ failures int }

const (
	shortestPause = 500 * time.Millisecond
	longestPause  = time.Minute
	// longestAsked is the longest time that Tiki is believed to want.
	longestAsked = 5 * time.Minute
)

// next counts a failure. It is no shorter than what Tiki asks for.
func (p *pause) next(err error) time.Duration {
	d := min(shortestPause<<min(p.failures, 10), longestPause)
	p.failures++
	d = d/2 + rand.N(d/2+1)
	var refused *Error
	if errors.As(err, &refused) {
		d = max(d, min(refused.RetryAfter, longestAsked))
	}
	return d
}

func (p *pause) reset() { p.failures = 0 }
