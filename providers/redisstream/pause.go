package redisstream

import (
	"time"

	"github.com/leat-io/leat/internal/backoff"
)

const shortestPause = 100 * time.Millisecond

// newWait is how long to wait before another attempt.
func newWait() backoff.Wait { return backoff.Wait{Shortest: shortestPause, Longest: 10 * time.Second} }
