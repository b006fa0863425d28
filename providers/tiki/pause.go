package tiki

import (
	"errors"
	"time"

	"github.com/leat-io/leat/internal/backoff"
)

// longestAsked is the longest time that Tiki is believed to want.
const longestAsked = 5 * time.Minute

// newWait is how long to wait before another attempt.
func newWait() backoff.Wait {
	return backoff.Wait{Shortest: 500 * time.Millisecond, Longest: time.Minute}
}

// waitAfter is the wait after an error. It is no shorter than what Tiki asks for.
func waitAfter(w *backoff.Wait, err error) time.Duration {
	d := w.Next()
	var refused *Error
	if errors.As(err, &refused) {
		d = max(d, min(refused.RetryAfter, longestAsked))
	}
	return d
}
