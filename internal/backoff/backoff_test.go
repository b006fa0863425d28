package backoff

import (
	"testing"
	"time"
)

func TestWaitsGrowToTheLongest(t *testing.T) {
	w := Wait{Shortest: 100 * time.Millisecond, Longest: time.Second}
	for i, want := range []time.Duration{100, 200, 400, 800, 1000, 1000} {
		want *= time.Millisecond
		if got := w.Next(); got < want/2 || got > want {
			t.Errorf("wait %d is %s, want %s to %s", i+1, got, want/2, want)
		}
	}
	w.Failures = 1 << 20
	if got := w.Next(); got < w.Longest/2 || got > w.Longest {
		t.Errorf("after a million failures it is %s", got)
	}
	w.Reset()
	if got := w.Next(); got > w.Shortest {
		t.Errorf("after a success it is %s", got)
	}
}
