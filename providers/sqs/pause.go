package sqs

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/leat-io/leat/internal/awsapi"
)

// pause is how long to wait before another attempt: longer each time, with
// jitter, so that many who failed together do not come back together.
type pause struct{ failures int }

const (
	shortestPause = 200 * time.Millisecond
	longestPause  = 30 * time.Second
)

// next counts a failure. A service that says how long to wait is believed.
func (p *pause) next(err error) time.Duration {
	d := min(shortestPause<<min(p.failures, 10), longestPause)
	p.failures++
	var refused *awsapi.Error
	if errors.As(err, &refused) {
		d = max(d, min(refused.RetryAfter, time.Minute))
	}
	return d/2 + rand.N(d/2+1)
}

func (p *pause) reset() { p.failures = 0 }

// isProtocol reports whether an answer is one that the same request will always
// get, although it is no refusal.
func isProtocol(err error) bool {
	return errors.Is(err, errNotJSON) || errors.Is(err, errNotQuery)
}
