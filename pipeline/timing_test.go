package pipeline

import (
	"math"
	"testing"
	"time"
)

func TestScaleFindsTheBucketOfEveryDuration(t *testing.T) {
	for _, s := range []*scale{stepScale, endToEndScale} {
		for i, bound := range s.bounds {
			for d, want := range map[time.Duration]int{bound - 1: i, bound: i, bound + 1: i + 1} {
				if got := s.bucket(d); got != want {
					t.Errorf("bucket(%s) = %d, want %d", d, got, want)
				}
			}
		}
		if got := s.bucket(0); got != 0 {
			t.Errorf("bucket(0) = %d", got)
		}
		if got := s.bucket(math.MaxInt64); got != len(s.bounds) {
			t.Errorf("bucket(longest) = %d", got)
		}
	}
}

func TestTimingOfNobodyCountsNothing(t *testing.T) {
	var none *Timing
	none.Observe(time.Second)
	none.Fail()
}

func TestTimingTakesADurationBelowZeroAsNone(t *testing.T) {
	timing := new(stats).timing(Owner{}, "t", stepScale)
	timing.Observe(-time.Hour)
	timing.Observe(time.Hour)
	c := timing.count()
	if c.Count != 2 || c.Sum != time.Hour || c.Buckets[0] != 1 || c.Buckets[len(c.Bounds)] != 1 {
		t.Errorf("%+v", c)
	}
}

func BenchmarkTiming(b *testing.B) {
	timing := new(stats).timing(Owner{}, "t", stepScale)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		timing.Observe(time.Duration(i) << 4)
	}
}
