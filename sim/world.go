// Package sim runs flows in a world of its own: the real engine with the stages of the
// file, in virtual time, between sources that give what they are told to, sinks that fail
// when they are told to, and a state store that can lose what a real one may lose. A
// process in it can be killed at any point. Tests of flows and proofs are made of it.
//
// Only one world can go on in a process at a time, and nothing else should go on beside it:
// see [Stillness].
package sim

import "time"

// World is where processes run. Its time goes on when nothing else does.
type World struct {
	Clock *Clock
	still *Stillness
}

// NewWorld returns a world at a time.
func NewWorld(now time.Time, still *Stillness) *World {
	return &World{Clock: NewClock(now), still: still}
}

// Settle returns once everything that goes on waits: for time to pass, or for something
// that has yet to arrive.
func (w *World) Settle() {
	w.still.Wait(w.Clock.stands)
}

// GoOn lets time pass until t. Whatever is to happen on the way happens one by one, and
// everything is quiet before the next.
func (w *World) GoOn(t time.Time) {
	w.Settle()
	for w.step(t) {
	}
	w.Clock.goTo(t)
}

// Until lets time pass until done, t or the end of all that is to happen, whichever comes
// first, and reports whether it was done.
func (w *World) Until(t time.Time, done func() bool) bool {
	w.Settle()
	for !done() {
		if !w.step(t) {
			return false
		}
	}
	return true
}

// step lets the next thing happen that is to happen until t.
func (w *World) step(t time.Time) bool {
	next, any := w.Clock.next()
	if !any || next.After(t) {
		return false
	}
	w.Clock.fire()
	w.Settle()
	return true
}
