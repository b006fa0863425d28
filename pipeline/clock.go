package pipeline

import (
	"context"
	"time"
)

// Clock is where the engine gets its time from, so that tests and simulations
// can run in virtual time. [System] is the real one.
type Clock interface {
	Now() time.Time
	// AfterFunc calls f in its own goroutine once d has passed; the timer's
	// Stop keeps it from being called, if it is not too late.
	AfterFunc(d time.Duration, f func()) Timer
}

// Timer is a pending [Clock.AfterFunc].
type Timer interface {
	// Stop reports whether it kept the function from being called.
	Stop() bool
}

// System is the clock of the machine.
var System Clock = systemClock{}

type systemClock struct{}

func (systemClock) Now() time.Time                            { return time.Now() }
func (systemClock) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }

// InRealTime is called around something that takes real time, such as the answer of
// another process. The clock of a test, which moves on as soon as all that goes on in a
// flow waits for it, stands until done is called; for any other clock nothing happens.
func InRealTime(c Clock) (done func()) {
	if standing, ok := c.(interface{ Stand() (goOn func()) }); ok {
		return standing.Stand()
	}
	return func() {}
}

// AfterFuncOf is the clock's AfterFunc for what does not know clocks: it returns what
// stops the timer.
func AfterFuncOf(c Clock) func(d time.Duration, f func()) (stop func() bool) {
	return func(d time.Duration, f func()) func() bool { return c.AfterFunc(d, f).Stop }
}

// Sleep waits for d, or until ctx or stop ends, and reports whether the whole
// of d has passed. A nil stop never ends.
func Sleep(ctx context.Context, c Clock, d time.Duration, stop <-chan struct{}) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	passed := make(chan struct{})
	timer := c.AfterFunc(d, func() { close(passed) })
	defer timer.Stop()
	select {
	case <-passed:
		return true
	case <-ctx.Done():
	case <-stop:
	}
	return false
}
