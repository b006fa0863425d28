package webcall

import (
	"errors"
	"net/http"
	"strconv"
	"time"
)

// maxDelay is the longest time that a service can ask for.
const maxDelay = time.Hour

// RetryAfter reads a Retry-After header: seconds or a date, an hour at most. What is
// neither is 0.
func RetryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(maxDelay/time.Second))) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return max(0, min(at.Sub(now), maxDelay))
}
