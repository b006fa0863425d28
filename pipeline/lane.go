package pipeline

import (
	"context"
	"sync/atomic"
	"time"
)

// lane is the context of an event under way. The events of a message (or the
// parts of a split) run one after another on one lane; when one of them has to
// wait, it keeps the lane and the rest moves to a new one, in a new goroutine.
// So an event that waits for nothing costs no goroutine, and one that waits
// holds up nobody. An event whose outcome is known later (see [Later]) keeps its lane
// too, and costs no goroutine either.
//
// A lane belongs to one goroutine, or to nobody until the outcome is known, and then to
// whoever knows it. Others only read reached, and end its waiting.
type lane struct {
	context.Context
	flow   *flow
	seq    *sequence
	parent *lane // on whose goroutine this lane started, or nil

	berth
	listed
	event   *Event   // the one under way
	index   int      // of the event in seq
	root    *root    // the numbered message it is a part of
	passed  uint64   // the followers it has entered, one bit each
	size    int64    // of the event when it started
	yielded bool     // the rest of seq runs on another lane
	rest    *lane    // that lane, as long as nobody has started it
	dead    bool     // the event, or a part of it, became a dead letter
	pending *Pending // what [Later] returned last for the event
	convoy  *Convoy  // that the event goes on with, when others are to come behind it

	// Where somebody measures:
	meter  *stepMeter    // of the step that the event is in
	since  time.Duration // when it got there, see [flow.tick]
	weight uint8         // for how many events it is timed, see [sequence.weigh]

	reached atomic.Int32 // the step of the flow that it entered last
}

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

// yield has everything that would come behind the event in its goroutine go on elsewhere.
func (l *lane) yield() {
	l.part()
	for ; l != nil; l = l.parent {
		if rest := l.takeRest(); rest != nil {
			l.flow.crew.work(rest)
		}
		l.leaveConvoy()
	}
}

// part prepares lanes for what comes behind the event, so that it counts as on its way
// before the event does no longer.
func (l *lane) part() {
	for ; l != nil && !l.yielded; l = l.parent {
		l.yielded = true
		l.rest = l.seq.laneForRest()
	}
}

func (l *lane) takeRest() *lane {
	rest := l.rest
	l.rest = nil
	return rest
}
