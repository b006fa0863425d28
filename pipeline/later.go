package pipeline

import (
	"context"
	"errors"
	"sync/atomic"
)

// ErrLater is what a handler returns that has called [Later]: what becomes of the event
// is known later. Stages see it only where they were declared with [StageDef.Passes];
// for all others next returns when the event is settled or has failed.
var ErrLater = errors.New("what becomes of the event is known later")

// Pending is an event whose handler has returned before it was settled, so that the
// events behind it can go on in the same goroutine.
type Pending struct {
	lane *lane
	then []after           // what is left to do on the way back up, innermost first
	room [afterDepth]after // for most of them

	told atomic.Bool // somebody has said what becomes of it
	met  atomic.Bool // the first has come of two: the outcome, and the end of the way up
	err  error       // the outcome
	rest Rest        // in place of an outcome: see [Convoy]
	wake chan error  // of a stage that waits; nil: the lane's sequence has gone on
}

const afterDepth = 4

// Later lets a handler return [ErrLater] for the event of ctx, because it is known only
// later what becomes of it. Somebody then has to call [Pending.Settle], or [Convoy.Add],
// once; that may be before the handler returns. Nil: the handler runs outside a flow, and
// has to wait itself.
//
// It is for sinks that store many events at once, and for stages that wait for an answer.
// Until its outcome is known the event counts as in flight.
func Later(ctx context.Context) *Pending {
	p := &Pending{}
	if !LaterIn(ctx, p) {
		return nil
	}
	return p
}

// LaterIn is [Later] for a Pending that is a part of something else, which must be new.
// It reports whether the handler runs in a flow.
func LaterIn(ctx context.Context, p *Pending) bool {
	l := laneOf(ctx)
	if l != nil {
		l.laterIn(p)
	}
	return l != nil
}

// Lasts reports whether ctx ends only when its flow gives up waiting for its events, and
// not with a message. A handler that returns [ErrLater] need not look at each context then.
func Lasts(ctx context.Context) bool {
	l := laneOf(ctx)
	return l != nil && ctx.Done() == l.flow.hard.Done()
}

func (l *lane) later() *Pending {
	p := &Pending{}
	l.laterIn(p)
	return p
}

func (l *lane) laterIn(p *Pending) {
	p.lane, p.then = l, p.room[:0]
	l.pending = p
}

// Settle says what became of the event: with nil it is settled, and an error is one that
// the handler could have returned. What the stages before do then is done by the caller of
// Settle where it takes no waiting, and elsewhere otherwise.
func (p *Pending) Settle(err error) {
	p.tellOnce()
	p.err = err
	if p.met.Swap(true) {
		p.climb(false)
	}
}

// tellOnce ends the process where an outcome is told twice: the second would be taken for
// that of what the first has set free.
func (p *Pending) tellOnce() {
	if p.told.Swap(true) {
		panic("pipeline: what becomes of an event was told twice, by Settle or Convoy.Add")
	}
}

// Then calls next, and then once the event is settled or has failed, with what next
// returned. Then returns what becomes of the event for the stages before, which may be
// [ErrLater] once more. It may be called in another goroutine and must not wait for
// anything. It is for stages that were declared with [StageDef.Passes].
func Then(ctx context.Context, e *Event, next Handler, then func(err error) error) error {
	err := next(ctx, e)
	if err != ErrLater {
		return then(err)
	}
	laneOf(ctx).pending.push(after{do: then})
	return ErrLater
}

// Await returns a handler that returns when the event is settled or has failed, and lets
// the events behind it go on meanwhile. It is for stages that were declared with
// [StageDef.Passes] and cannot return before.
func Await(next Handler) Handler {
	return func(ctx context.Context, e *Event) error {
		err := next(ctx, e)
		if err == ErrLater {
			return laneOf(ctx).pending.await()
		}
		return err
	}
}

func (p *Pending) push(a after) { p.then = append(p.then, a) }
