package pipeline

import (
	"context"
	"sync"
	"sync/atomic"
)

// limits counts the events of a flow and holds its sources back: max_in_flight
// bounds the work, max_held and max_held_bytes bound what waits. Neither stops
// an event that is already under way, so that nothing can block itself. What was held
// and goes on is work as well: else a source would be read on while a stage lets more go
// than the rest of the flow can take.
type limits struct {
	maxInFlight, maxHeld int
	maxBytes             int64
	relief               *relief     // of a finite flow, nil for a live one
	isFull               atomic.Bool // what full says, without the lock

	mu             sync.Mutex
	inFlight, held int
	going          int // of those held, how many wait no longer
	bytes          int64
	lanes          []chan struct{} // events of admitted messages, which go first
	gates          []*admission

	// underWay counts the events, of all linked flows, that are in flight, are about
	// to be, or are held and wait no longer.
	underWay *atomic.Int64
}

func newLimits(c flowConfig) *limits {
	return &limits{maxInFlight: c.MaxInFlight, maxHeld: c.MaxHeld, maxBytes: int64(c.MaxHeldBytes), underWay: new(atomic.Int64)}
}

func (l *limits) full() bool { return l.held >= l.maxHeld || l.bytes >= l.maxBytes }

// want says that an event of a message that has started is about to call enter.
func (l *limits) want() { l.underWay.Add(1) }

// enter waits for the slot of one more event of a message that has started; want
// was called for it before.
func (l *limits) enter(ctx context.Context) error {
	l.mu.Lock()
	if l.takeOne() {
		l.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	l.lanes = append(l.lanes, turn)
	l.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, c := range l.lanes {
		if c == turn {
			l.lanes = append(l.lanes[:i], l.lanes[i+1:]...)
			l.underWay.Add(-1)
			return ctx.Err()
		}
	}
	l.release(1)
	return ctx.Err()
}

// enterNow is enter, but returns false where that would wait.
func (l *limits) enterNow() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.takeOne()
}

func (l *limits) takeOne() bool {
	if l.inFlight >= l.maxInFlight {
		return false
	}
	l.inFlight++
	return true
}

// hold gives the berth of h's lane to a held event.
func (l *limits) hold(h *Hold) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, was := &h.lane.berth, h.lane.slot
	l.going -= b.going()
	if was != slotHeld {
		b.slot = slotHeld
		l.held++
		l.bytes += b.bytes
		l.isFull.Store(l.full())
	}
	switch wasUnderWay := was != slotNone && !b.waiting; {
	case wasUnderWay && !h.ended:
		l.underWay.Add(-1)
	case !wasUnderWay && h.ended:
		l.underWay.Add(1)
	}
	b.waiting = !h.ended
	l.going += b.going()
	if was == slotInFlight {
		l.inFlight--
	}
	l.letIn()
}

// goOn has the event of h wait no longer.
func (l *limits) goOn(h *Hold) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if h.ended = true; h.lane.waiting {
		h.lane.waiting = false
		l.going++
		l.underWay.Add(1)
	}
}

// leave empties a berth.
func (l *limits) leave(b *berth) {
	if b.slot == slotNone {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.going -= b.going()
	if b.slot == slotHeld {
		l.held--
		l.bytes -= b.bytes
		l.isFull.Store(l.full())
	} else {
		l.inFlight--
	}
	if !b.waiting {
		l.underWay.Add(-1)
	}
	*b = berth{}
	l.letIn()
}

// free gives n slots back that were in flight.
func (l *limits) free(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.release(n)
}

func (l *limits) release(n int) {
	l.inFlight -= n
	l.underWay.Add(int64(-n))
	l.letIn()
}

// letIn gives free slots to those who wait for them.
func (l *limits) letIn() {
	for len(l.lanes) > 0 && l.inFlight < l.maxInFlight {
		close(l.lanes[0])
		l.lanes = l.lanes[1:]
		l.inFlight++
	}
	for len(l.gates) > 0 && l.roomFor(l.gates[0].n) {
		l.take(l.gates[0].n)
		close(l.gates[0].open)
		l.gates = l.gates[1:]
	}
}

// counts returns how many events are in flight and held.
func (l *limits) counts() (inFlight, held int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.inFlight, l.held
}
