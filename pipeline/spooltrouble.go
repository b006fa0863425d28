package pipeline

import (
	"log/slog"
	"time"
)

// trouble knows how the writing of a spool goes. It says when that changes, and
// once a minute that it has not, and it spaces attempts. It belongs to one
// goroutine, or to whoever has its lock.
type trouble struct {
	clock     Clock
	log       *slog.Logger
	bad, good string // what it says

	failures int
	isFull   bool
	said     time.Time // when it was last said that it goes badly
	rest     time.Time // until when nothing is tried
}

const (
	sayAgain        = time.Minute
	shortestAttempt = time.Second
	longestAttempt  = 30 * time.Second
)

// failed notes that something could not be written, and returns how long to wait
// before the next attempt.
func (t *trouble) failed(err error) time.Duration {
	t.failures++
	if t.sayNow() {
		t.log.Error(t.bad, "failures", t.failures, "error", err)
	}
	d := min(shortestAttempt<<min(t.failures-1, 10), longestAttempt)
	t.rest = t.clock.Now().Add(d)
	return d
}

func (t *trouble) full() {
	t.isFull = true
	if t.sayNow() {
		t.log.Warn("the spool is full: nothing more is taken from the source")
	}
}

func (t *trouble) sayNow() bool {
	now := t.clock.Now()
	if !t.said.IsZero() && now.Sub(t.said) < sayAgain {
		return false
	}
	t.said = now
	return true
}

// over notes that something was written.
func (t *trouble) over() {
	switch {
	case t.failures > 0:
		t.log.Info(t.good, "failures", t.failures)
	case !t.isFull || t.clock.Now().Sub(t.said) < sayAgain:
		return // it may be full again in a moment
	default:
		t.log.Info("the spool has room again")
	}
	t.failures, t.isFull, t.said, t.rest = 0, false, time.Time{}, time.Time{}
}

// resting reports whether nothing is to be tried for now.
func (t *trouble) resting() bool { return t.clock.Now().Before(t.rest) }
