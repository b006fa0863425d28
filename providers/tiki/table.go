package tiki

import (
	"sync"
	"time"
)

// entry is an event of the batch that was pulled last.
type entry struct {
	element

	// The table's lock guards these.
	state   state
	returns int       // how often the flow handed it back
	due     time.Time // when it may be offered, while it waits
}

type state uint8

const (
	waiting state = iota // to be offered to the flow, from memory
	out                  // with the flow
	settled
)

// table has the events of the batch that was pulled last, in the order of the queue.
type table struct {
	returnAfter func(returns int) time.Duration
	// changed has room for one signal that an event is settled or waits.
	changed chan struct{}

	mu      sync.Mutex
	entries []*entry
}

func newTable(returnAfter func(int) time.Duration) *table {
	return &table{returnAfter: returnAfter, changed: make(chan struct{}, 1)}
}

// take replaces the batch by another one. Events of the last batch that come again keep
// their state, so that what is settled or with the flow is not offered a second time. This
// is so only for events with an id of their own: of others nobody knows whether they are the
// same or only alike. It returns how many were not there before.
func (t *table) take(list []element) (fresh int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := map[[32]byte][]*entry{}
	for _, e := range t.entries {
		if e.own {
			known[e.digest] = append(known[e.digest], e)
		}
	}
	t.entries = make([]*entry, len(list))
	for i, l := range list {
		if again := known[l.digest]; len(again) > 0 {
			t.entries[i], known[l.digest] = again[0], again[1:]
			continue
		}
		t.entries[i] = &entry{element: l}
		fresh++
	}
	return fresh
}

// next returns what is to be offered now, or how long to wait for the first to be due; 0: for
// none. What waits before an event that is due goes with it, so that it is not overtaken.
func (t *table) next(now time.Time) (due []*entry, wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var waits []*entry
	last := 0
	for _, e := range t.entries {
		if e.state != waiting {
			continue
		}
		waits = append(waits, e)
		left := e.due.Sub(now)
		if left <= 0 {
			last = len(waits)
		} else if wait == 0 || left < wait {
			wait = left
		}
	}
	if last == 0 {
		return nil, wait
	}
	for _, e := range waits[:last] {
		e.state = out
	}
	return waits[:last], 0
}

// settle notes that an event is settled.
func (t *table) settle(e *entry) {
	t.mu.Lock()
	e.state = settled
	t.mu.Unlock()
	t.signal()
}

// handBack has an event wait, as the flow did not take it.
func (t *table) handBack(list []*entry, now time.Time) {
	t.mu.Lock()
	for _, e := range list {
		e.returns++
		e.state, e.due = waiting, now.Add(t.returnAfter(e.returns))
	}
	t.mu.Unlock()
	t.signal()
}

// withdraw has events wait that were never with the flow.
func (t *table) withdraw(list []*entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range list {
		e.state = waiting
	}
}

func (t *table) signal() {
	select {
	case t.changed <- struct{}{}:
	default:
	}
}

// open is how many events of the batch are not settled.
func (t *table) open() (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.entries {
		if e.state != settled {
			n++
		}
	}
	return n
}

// size is how many events the batch has.
func (t *table) size() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.entries)
}
