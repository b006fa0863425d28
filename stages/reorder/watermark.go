package reorder

import "time"

// watermark is the clock of a finite source: the newest event time it has come
// past. A time that lies far ahead moves it only when a second message confirms
// it, so that one wrong date does not make the rest of the file late.
type watermark struct {
	at      time.Time // zero before the first confirmed time
	suspect time.Time // the newest time that nothing has confirmed
}

// farAhead is how large a jump needs confirmation.
const farAhead = 24 * time.Hour

// see takes in the times of one message. Its own events do not confirm each
// other.
func (m *watermark) see(ws []*waiter) {
	var newest, second time.Time // the newest believable one, and the newest of all
	for _, w := range ws {
		if t := w.time; !w.untimed {
			if !m.isBeyond(t) && t.After(newest) {
				newest = t
			}
			if t.After(second) {
				second = t
			}
		}
	}
	m.raise(newest)
	if m.isBeyond(second) {
		m.doubt(second)
	}
}

// doubt weighs a time that is far ahead against the one that was so before.
func (m *watermark) doubt(t time.Time) {
	if m.suspect.IsZero() {
		m.suspect = t
		return
	}
	low, high := t, m.suspect
	if high.Before(low) {
		low, high = high, low
	}
	m.raise(low) // the other one is at least as far ahead
	m.suspect = time.Time{}
	if m.isBeyond(high) {
		m.suspect = high
	} else {
		m.raise(high)
	}
}

func (m *watermark) raise(t time.Time) {
	if t.After(m.at) {
		m.at = t
	}
}

// isBeyond reports whether t is too far ahead to be believed on its own.
func (m *watermark) isBeyond(t time.Time) bool { return t.After(m.at.Add(farAhead)) }

func (m *watermark) now() time.Time { return m.at }
