package pipeline

import (
	"context"
	"sync/atomic"
)

// lane is the context of an event under way. The events of a message (or the
// parts of a split) run one after another on one lane; when one of them has to
// wait, it keeps the lane and the rest moves to a new one, in a new goroutine.
// So an event that waits for nothing costs no goroutine, and one that waits
// holds up nobody.
//
// A lane belongs to one goroutine. Only reached is read by others.
type lane struct {
	context.Context
	flow   *flow
	seq    *sequence
	parent *lane // on whose goroutine this lane started, or nil

	event   *Event // the one under way
	root    *root  // the numbered message it is a part of
	passed  uint64 // the followers it has entered, one bit each
	slot    slot
	size    int64 // of the event when it started
	bytes   int64 // what it counts against max_held_bytes
	yielded bool  // the rest of seq runs elsewhere
	dead    bool  // the event, or a part of it, became a dead letter

	reached atomic.Int32 // the step of the flow that it entered last
}

// slot says what a lane counts against.
type slot uint8

const (
	slotNone slot = iota
	slotInFlight
	slotHeld
)

type laneKey struct{}

func (l *lane) Value(key any) any {
	if key == (laneKey{}) {
		return l
	}
	return l.Context.Value(key)
}

// Done also ends when the flow gives up waiting for its events, for a message
// whose own context never ends.
func (l *lane) Done() <-chan struct{} {
	if done := l.Context.Done(); done != nil {
		return done
	}
	return l.flow.hard.Done()
}

func (l *lane) Err() error {
	if err := l.Context.Err(); err != nil {
		return err
	}
	return l.flow.hard.Err()
}

func laneOf(ctx context.Context) *lane {
	if l, ok := ctx.(*lane); ok {
		return l
	}
	l, _ := ctx.Value(laneKey{}).(*lane)
	return l
}

// Yield lets the events behind this one go on before it. Call it before waiting
// for a disk, a network or another process. The event still counts as in flight.
func Yield(ctx context.Context) {
	if l := laneOf(ctx); l != nil {
		l.yield()
	}
}

// Held tells the flow that the caller holds its event until others have gone
// first, or until time has passed. The event then counts against max_held and
// not as in flight, so that more events can be held than may be in flight.
//
// The channel closes when the flow wants held events back because it stops; the
// caller then returns [ErrReturned] without having called next.
func Held(ctx context.Context) (giveBack <-chan struct{}) {
	l := laneOf(ctx)
	if l == nil {
		return nil
	}
	l.hold()
	return l.flow.stopping
}

// HeldBehind is [Held] for an event that waits for another one to be settled,
// as a copy does. Stages behind that wait for the source to come past it (see
// [Env.Follow]) do so no longer: the other event may be waiting for just that.
func HeldBehind(ctx context.Context) (giveBack <-chan struct{}) {
	if l := laneOf(ctx); l != nil && l.root != nil {
		l.passAll()
	}
	return Held(ctx)
}

// Stopping returns a channel that closes when the flow is asked to stop. A
// stage or sink that tries something again gives up then.
func Stopping(ctx context.Context) <-chan struct{} {
	if l := laneOf(ctx); l != nil {
		return l.flow.stopping
	}
	return nil
}

// DeadLettered reports whether the event that just came back from next without
// an error was put among the dead letters, whole or in part.
func DeadLettered(ctx context.Context) bool {
	l := laneOf(ctx)
	return l != nil && l.dead
}

func (l *lane) yield() {
	for ; l != nil && !l.yielded; l = l.parent {
		l.yielded = true
		l.seq.moveOn()
	}
}

func (l *lane) hold() {
	if l.slot != slotHeld {
		l.bytes = l.size + heldOverhead
		l.flow.limits.hold(l.slot, l.bytes)
		l.slot = slotHeld
	}
	l.yield()
	l.flow.limits.relieve()
}

// heldOverhead is what a held event costs besides its payload: its goroutine
// and its bookkeeping (5.8 kB were measured in a short chain).
const heldOverhead = 6 << 10

// leave gives the lane's slot back. What its event held up may have come to be
// held meanwhile, with nobody left to notice that the house is full.
func (l *lane) leave() {
	l.flow.limits.leave(l.slot, l.bytes, 1)
	l.slot, l.bytes = slotNone, 0
	l.flow.limits.relieve()
}
