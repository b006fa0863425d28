package pipeline

import (
	"context"
	"sync"
	"sync/atomic"
)

// limits counts the events of a flow and holds its sources back: max_in_flight
// bounds the work, max_held and max_held_bytes bound what waits. Neither stops
// an event that is already under way, so that nothing can block itself.
type limits struct {
	maxInFlight, maxHeld int
	maxBytes             int64
	finite               bool
	group                []*limits // those of all linked flows
	relievers            []func()
	isFull               atomic.Bool // what full says, without the lock

	mu             sync.Mutex
	inFlight, held int
	bytes          int64
	lanes          []chan struct{} // events of admitted messages, which go first
	gates          []*admission
}

// admission is a message that waits for n slots.
type admission struct {
	n    int
	open chan struct{}
}

// admit waits until a message of n events may start, and takes their slots. A
// message larger than max_in_flight may start alone. It returns false when stop
// closes first.
func (l *limits) admit(stop <-chan struct{}, n int) bool {
	l.mu.Lock()
	if len(l.gates) == 0 && l.roomFor(n) {
		l.inFlight += n
		l.mu.Unlock()
		return true
	}
	a := &admission{n, make(chan struct{})}
	l.gates = append(l.gates, a)
	l.mu.Unlock()
	select {
	case <-a.open:
		return true
	case <-stop:
		l.withdraw(a)
		return false
	}
}

func (l *limits) withdraw(a *admission) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, g := range l.gates {
		if g == a {
			l.gates = append(l.gates[:i], l.gates[i+1:]...)
			l.release(slotInFlight, 0, 0) // those behind it may fit where it did not
			return
		}
	}
	l.release(slotInFlight, 0, a.n) // it was let in at the same moment
}

func (l *limits) roomFor(n int) bool {
	return len(l.lanes) == 0 && (l.inFlight == 0 || l.inFlight+n <= l.maxInFlight) && !l.full()
}

func (l *limits) full() bool { return l.held >= l.maxHeld || l.bytes >= l.maxBytes }

// enter waits for the slot of one more event of a message that has started.
func (l *limits) enter(ctx context.Context) error {
	l.mu.Lock()
	if l.inFlight < l.maxInFlight {
		l.inFlight++
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
			return ctx.Err()
		}
	}
	l.release(slotInFlight, 0, 1)
	return ctx.Err()
}

// hold turns a slot into that of a held event.
func (l *limits) hold(from slot, bytes int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held++
	l.bytes += bytes
	l.isFull.Store(l.full())
	if from == slotInFlight {
		l.release(slotInFlight, 0, 1)
	}
}

// leave gives n slots back.
func (l *limits) leave(s slot, bytes int64, n int) {
	if s == slotNone {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.release(s, bytes, n)
}

func (l *limits) release(s slot, bytes int64, n int) {
	if s == slotHeld {
		l.held -= n
		l.bytes -= bytes
		l.isFull.Store(l.full())
	} else {
		l.inFlight -= n
	}
	for len(l.lanes) > 0 && l.inFlight < l.maxInFlight {
		close(l.lanes[0])
		l.lanes = l.lanes[1:]
		l.inFlight++
	}
	for len(l.gates) > 0 && l.roomFor(l.gates[0].n) {
		l.inFlight += l.gates[0].n
		close(l.gates[0].open)
		l.gates = l.gates[1:]
	}
}

// relieve asks the stages that hold events to let one go early where a finite
// input would otherwise never be read on: its clock stands still with it. They
// may hold events of several linked flows, so that it is enough that one is full.
func (l *limits) relieve() {
	if !l.finite {
		return
	}
	for _, flow := range l.group {
		if flow.isFull.Load() {
			for _, f := range l.relievers {
				f()
			}
			return
		}
	}
}

// counts returns how many events are in flight and held.
func (l *limits) counts() (inFlight, held int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.inFlight, l.held
}
