package embedded

import (
	"math"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
)

func TestFilterKnowsItsKeysAndFewOthers(t *testing.T) {
	const n = 200_000
	var f filter
	keys := make([]pipeline.Digest, n)
	for i := range keys {
		keys[i] = random()
		f.add(keys[i])
	}
	wrong := 0
	for _, k := range keys {
		if !f.mayHave(k) {
			t.Fatal("a key is missing")
		}
		if f.mayHave(random()) {
			wrong++
		}
	}
	if wrong > n/100 {
		t.Errorf("wrong about %d of %d", wrong, n)
	}
	t.Logf("wrong about %d of %d, %d layers", wrong, n, len(*f.layers.Load()))
}

func TestSegmentsOutliveTheTTLByAnEighthAtMost(t *testing.T) {
	now := time.Unix(1_700_000_000, 999)
	for _, ttl := range []time.Duration{-1, 0, time.Millisecond, time.Minute, time.Hour, 24 * time.Hour, 400 * 24 * time.Hour, math.MaxInt64} {
		end := time.Unix(segmentEnd(now, ttl), 0)
		least, most := now.Add(ttl), now.Add(ttl).Add(max(ttl/8, time.Minute))
		if end.Before(least) || end.After(most) {
			t.Errorf("ttl %v ends %v, not between %v and %v", ttl, end, least, most)
		}
	}
}

func TestTimesBeyondNanosecondsAreKeptAtTheEnd(t *testing.T) {
	now := time.Now()
	for at, want := range map[time.Time]int64{
		{}:  math.MinInt64,
		now: now.UnixNano(),
		time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC): math.MaxInt64,
	} {
		if got := timeOf(timeValue(1, at)).UnixNano(); got != want {
			t.Errorf("%v: %d, want %d", at, got, want)
		}
	}
}
