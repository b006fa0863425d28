package pipeline

import (
	"context"
	"fmt"
	"runtime/debug"
)

// after is a place on an event's way back up: what a stage or sink does there, or what
// its step does with an error.
//
// There are several for each event under way, so they have to be small.
type after struct {
	guard *step  // that judges
	event *Event // what it judges, in the context of the lane
	do    func(err error) error
}

// judgement is what the step does with the event e, of lane l.
func (s *step) judgement(ctx context.Context, l *lane, e *Event) after {
	if own, ok := ctx.(*lane); ok && own == l {
		return after{guard: s, event: e}
	}
	return after{guard: s, do: func(err error) error { return s.outcome(ctx, l, e, s.call, err) }}
}

// waits reports whether the place may take time: what failed is tried again there.
func (a *after) waits(err error) bool { return a.guard != nil && err != nil && !isReturned(err) }

func (a *after) pass(l *lane, err error) error {
	switch {
	case a.guard == nil:
		return a.doSafely(err)
	case a.do != nil:
		return a.do(err)
	}
	return a.guard.outcome(l, l, a.event, a.guard.call, err)
}

// doSafely makes a panic an error: an event must not be lost with the goroutine of
// somebody else.
func (a *after) doSafely(err error) (out error) {
	defer func() {
		if r := recover(); r != nil {
			out = &returned{fmt.Errorf("panic: %v\n%s", r, debug.Stack()), true}
		}
	}()
	return a.do(err)
}

// goOnSafely is the same for what is left of a handler. Its step judges the error as if the
// handler had returned it, see [withoutPanic].
func (p *Pending) goOnSafely() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = Reject(fmt.Errorf("panic: %v\n%s", r, debug.Stack()))
		}
	}()
	return p.rest.GoOn()
}

// do is climb for the crew.
func (p *Pending) do() { p.climb(true) }

// climb takes the event back up once its outcome is known and its handlers have returned.
// What may wait is left to the crew unless the caller may.
func (p *Pending) climb(mayWait bool) {
	if !mayWait && p.rest != nil {
		p.lane.flow.crew.work(p)
		return
	}
	if p.rest != nil && !p.goOn() {
		return
	}
	for len(p.then) > 0 {
		a := p.then[0]
		if !mayWait && a.waits(p.err) {
			p.lane.flow.crew.work(p)
			return
		}
		p.then = p.then[1:]
		if p.err = a.pass(p.lane, p.err); p.err == ErrLater {
			p.handOver(mayWait)
			return
		}
	}
	p.lane.convoy = nil
	p.arrive()
}

// goOn does what was left of a handler, and returns false when the outcome is known later
// once more.
func (p *Pending) goOn() bool {
	if p.err = p.goOnSafely(); p.err != ErrLater {
		p.rest = nil
		return true
	}
	p.handOver(true)
	return false
}

// handOver has the outcome be known later once more: what was left for p is left for
// another one.
func (p *Pending) handOver(mayWait bool) {
	q := p.lane.pending
	q.then, q.wake = append(q.then, p.then...), p.wake
	p.lane.convoy = nil
	if q.met.Swap(true) {
		q.climb(mayWait)
	}
}

// arrive is the end of the way up.
func (p *Pending) arrive() {
	if p.wake != nil {
		p.wake <- p.err
		return
	}
	p.lane.settle(p.err)
}

// await returns the outcome, for a handler that has got [ErrLater].
func (p *Pending) await() error {
	if !p.met.Load() {
		p.lane.yield()
		p.wake = make(chan error, 1)
		if !p.met.Swap(true) {
			return <-p.wake
		}
	}
	return p.now()
}

// rise takes an event whose outcome is known up in the goroutine of its handler. Like that
// it returns [ErrLater] when the outcome is known later once more.
func (p *Pending) rise() error {
	if p.rest != nil {
		p.err = p.goOnSafely()
	}
	for p.err != ErrLater && len(p.then) > 0 {
		a := p.then[0]
		p.then = p.then[1:]
		p.err = a.pass(p.lane, p.err)
	}
	if p.err != ErrLater {
		return p.err
	}
	q := p.lane.pending
	if q.then = append(q.then, p.then...); q.met.Load() {
		return q.rise()
	}
	return ErrLater
}

// now is rise for who has to wait for the outcome.
func (p *Pending) now() error {
	if p.rest != nil {
		if p.err = p.goOnSafely(); p.err == ErrLater {
			p.err = p.lane.pending.await()
		}
	}
	for _, a := range p.then {
		if p.err = a.pass(p.lane, p.err); p.err == ErrLater {
			p.err = p.lane.pending.await()
		}
	}
	return p.err
}
