package sqs

import (
	"errors"
	"time"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/internal/backoff"
)

const shortestPause = 200 * time.Millisecond

// newWait is how long to wait before another attempt, after so many failures.
func newWait(failures int) backoff.Wait {
	return backoff.Wait{Shortest: shortestPause, Longest: 30 * time.Second, Failures: failures}
}

// waitAfter is the wait after an error. A service that says how long to wait is believed.
func waitAfter(w *backoff.Wait, err error) time.Duration {
	d := w.Next()
	var refused *awsapi.Error
	if errors.As(err, &refused) {
		d = max(d, min(refused.RetryAfter, time.Minute))
	}
	return d
}

// isProtocol reports whether an answer is one that the same request will always
// get, although it is no refusal.
func isProtocol(err error) bool {
	return errors.Is(err, errNotJSON) || errors.Is(err, errNotQuery)
}
