package pipeline

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Timing counts how long something took, in buckets. A nil Timing counts nothing: that is
// what a part gets while nobody has asked for measurements, see [Options].Measure.
//
// It takes no lock and allocates nothing, and may be used by any number of goroutines.
type Timing struct {
	Owner
	// Name says what was timed.
	Name string

	scale   *scale
	buckets []atomic.Uint64 // one for each bound, and one for what is longer than all
	sum     atomic.Int64
	failed  atomic.Int64
}

// Observe counts d. What is negative, because two clocks differ, counts as 0.
func (t *Timing) Observe(d time.Duration) {
	t.add(d, 1)
}

// add counts d n times.
func (t *Timing) add(d time.Duration, n uint8) {
	if t == nil || n == 0 {
		return
	}
	d = max(d, 0)
	t.buckets[t.scale.bucket(d)].Add(uint64(n))
	t.sum.Add(int64(d) * int64(n))
}

// Fail counts that what took d came to nothing, beside [Timing.Observe].
func (t *Timing) Fail() {
	if t != nil {
		t.failed.Add(1)
	}
}

// scale is the upper bounds of buckets, and for each power of two the first bucket that
// may take a duration of that size.
type scale struct {
	bounds []time.Duration
	first  [65]uint8
}

func newScale(bounds ...time.Duration) *scale {
	s := &scale{bounds: bounds}
	for n := 1; n < len(s.first); n++ {
		least := time.Duration(1) << min(n-1, 62)
		for int(s.first[n]) < len(bounds) && bounds[s.first[n]] < least {
			s.first[n]++
		}
	}
	return s
}

// bucket returns the first one whose bound is not below d.
func (s *scale) bucket(d time.Duration) int {
	i := int(s.first[bits.Len64(uint64(d))])
	for i < len(s.bounds) && s.bounds[i] < d {
		i++
	}
	return i
}

// The scales: of what happens to an event at one place, of calls that many events share,
// and of the way from one end to the other.
var (
	stepScale = newScale(10*time.Microsecond, 100*time.Microsecond, 500*time.Microsecond, time.Millisecond, 5*time.Millisecond,
		10*time.Millisecond, 50*time.Millisecond, 100*time.Millisecond, 500*time.Millisecond, time.Second, 5*time.Second,
		10*time.Second, time.Minute, 5*time.Minute, 30*time.Minute)
	endToEndScale = newScale(time.Millisecond, 5*time.Millisecond, 10*time.Millisecond, 50*time.Millisecond, 100*time.Millisecond,
		500*time.Millisecond, time.Second, 5*time.Second, 10*time.Second, 30*time.Second, time.Minute, 5*time.Minute,
		15*time.Minute, time.Hour, 6*time.Hour, 24*time.Hour, 7*24*time.Hour)
)

// TimingCount is what a [Timing] has counted.
type TimingCount struct {
	Owner
	Name   string
	Bounds []time.Duration // upper bounds of the buckets, in order
	// Buckets count what took no longer than the bound at the same index, and longer than
	// the one before; the last what took longer than all.
	Buckets []uint64
	Count   uint64        // of all buckets
	Sum     time.Duration // of all that was timed
	Failed  int64         // of these
}

func (t *Timing) count() TimingCount {
	c := TimingCount{Owner: t.Owner, Name: t.Name, Bounds: t.scale.bounds, Failed: t.failed.Load(), Sum: time.Duration(t.sum.Load())}
	for i := range t.buckets {
		n := t.buckets[i].Load()
		c.Buckets = append(c.Buckets, n)
		c.Count += n
	}
	return c
}
