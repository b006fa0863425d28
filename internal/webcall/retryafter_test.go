package webcall

import (
	"testing"
	"time"
)

func TestRetryAfterIsSecondsOrADate(t *testing.T) {
	now := time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                              0,
		"0":                             0,
		"90":                            90 * time.Second,
		"7200":                          time.Hour,
		"99999999999999999999":          time.Hour,
		"-1":                            0,
		"soon":                          0,
		"Sat, 14 Mar 2026 09:00:30 GMT": 30 * time.Second,
		"Sat, 14 Mar 2026 08:00:00 GMT": 0,
		"Sat, 14 Mar 2099 09:00:00 GMT": time.Hour,
	} {
		if got := RetryAfter(value, now); got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
}
