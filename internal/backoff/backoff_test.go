package backoff

import (
	"math"
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

func TestDoubledStaysBetweenItsBounds(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		shortest, longest time.Duration
		n                 int
		want              time.Duration
	}{
		{s, time.Minute, -1, s},
		{s, time.Minute, 0, s},
		{s, time.Minute, 1, s},
		{s, time.Minute, 2, 2 * s},
		{s, time.Minute, 6, 32 * s},
		{s, time.Minute, 7, time.Minute},
		{s, time.Minute, math.MaxInt, time.Minute},
		{s, math.MaxInt64, math.MaxInt, math.MaxInt64},
		{s, s, 9, s},
	} {
		if got := Doubled(c.shortest, c.longest, c.n); got != c.want {
			t.Errorf("from %s to %s, time %d: %s, want %s", c.shortest, c.longest, c.n, got, c.want)
		}
	}
}
