package snssig

import "time"

// budget bounds how many requests are made: burst at once, and then one per
// interval. Who makes up URLs that follow the rules gets no further than that.
// It belongs to whoever holds the lock of its owner.
type budget struct {
	spent float64 // requests that count
	last  time.Time
}

const (
	burst    = 20
	interval = 100 * time.Millisecond
)

// take returns 0 if a request may be made now, and otherwise how long there will
// be none.
func (b *budget) take(now time.Time) time.Duration {
	if passed := now.Sub(b.last); passed > 0 {
		b.spent = max(0, b.spent-float64(passed)/float64(interval))
	}
	b.last = now
	if over := b.spent + 1 - burst; over > 0 {
		return time.Duration(over * float64(interval))
	}
	b.spent++
	return 0
}
