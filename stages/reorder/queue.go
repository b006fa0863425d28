package reorder

import (
	"slices"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// queue holds the events of one key.
type queue struct {
	key     string
	held    []*waiter // by time, then by place in the source
	ready   []*waiter // released, in the order in which they go
	running *waiter   // on its way through the rest of the flow
	users   int       // events that are in it or about to be

	settled time.Time    // the newest time that left in order and is settled, in this run
	before  time.Time    // the same, of earlier runs
	newest  pipeline.Seq // the newest place in the source that has gone
	hasGone bool
	gap     bool   // the event that went last did not reach its sink
	missing string // its id, if it is to come again
	idle    bool   // it is among the keys that may be forgotten
}

// last is what the state store knows of a key.
type last struct {
	at      time.Time
	earlier bool // an earlier run saved it
}

func newQueue(key string, l last) *queue {
	if l.earlier {
		return &queue{key: key, before: l.at}
	}
	return &queue{key: key, settled: l.at}
}

// insert puts w among the held events. Equal times keep the source's order.
func (q *queue) insert(w *waiter) {
	i, _ := slices.BinarySearchFunc(q.held, w, compare)
	q.held = slices.Insert(q.held, i, w)
	w.where = isHeld
}

func compare(a, b *waiter) int {
	if c := a.time.Compare(b.time); c != 0 {
		return c
	}
	return a.seq.Compare(b.seq)
}

// last is the newest time that has left its place in the order, or is about to;
// what is earlier is late. It goes back when events return to the source.
func (q *queue) last() time.Time {
	last := q.settled
	if q.running != nil && q.running.counts() {
		last = latest(last, q.running.time)
	}
	for _, w := range q.ready {
		if w.counts() {
			last = latest(last, w.time)
		}
	}
	return last
}

// counts reports whether the event's time matters to those behind it.
func (w *waiter) counts() bool { return w.ordered || w.late > 0 }

// releaseUpTo makes w and everything before it ready.
func (q *queue) releaseUpTo(w *waiter) {
	n := slices.Index(q.held, w) + 1
	for _, r := range q.held[:n] {
		r.ordered = true
		q.makeReady(r)
	}
	q.held = slices.Delete(q.held, 0, n)
}

// releaseAlone makes w ready and leaves the others; it makes none of them late.
func (q *queue) releaseAlone(w *waiter) {
	q.held = without(q.held, w)
	q.makeReady(w)
}

func (q *queue) makeReady(w *waiter) {
	w.where = isReady
	q.ready = append(q.ready, w)
}

// take returns the event that may go now, nil when there is none or one is on
// its way.
func (q *queue) take() *waiter {
	if q.running != nil || len(q.ready) == 0 {
		return nil
	}
	w := q.ready[0]
	if q.ready[0] = nil; len(q.ready) > 1 {
		q.ready = q.ready[1:]
	} else {
		q.ready = q.ready[:0] // and not behind it, where there is less room for others
	}
	q.running, w.where = w, isRunning
	w.gap = q.gap && w.id != q.missing
	q.gap, q.missing = false, ""
	w.overtaken = q.hasGone && w.seq.Compare(q.newest) < 0
	if !w.overtaken {
		q.newest, q.hasGone = w.seq, true
	}
	return w
}

func without(ws []*waiter, w *waiter) []*waiter {
	if i := slices.Index(ws, w); i >= 0 {
		return slices.Delete(ws, i, i+1)
	}
	return ws
}
