package pipeline

import (
	"context"
	"errors"
	"sync"
)

// Each gives events to next in order and returns once all of them are settled,
// or with the errors of those that are not. They run concurrently as soon as
// one of them waits (see [Held] and [Yield]); their order is kept in
// [Event.Seq]. Each counts every event against the limits of the flow. It returns
// [ErrLater] where next did.
func Each(ctx context.Context, events []*Event, next Handler) error {
	switch len(events) {
	case 0:
		return nil
	case 1:
		return next(ctx, events[0])
	}
	if l := laneOf(ctx); l != nil {
		return l.branch(ctx, &sequence{handler: next, events: events})
	}
	return eachInGoroutines(ctx, events, next)
}

// branch runs s in place of l's event, which lends it its slot.
func (l *lane) branch(ctx context.Context, s *sequence) error {
	s.ctx, s.flow, s.parent, s.passed, s.weight = ctx, l.flow, l, l.passed, l.weight
	l.split(s.len() - 1)
	l.parted(len(s.events)) // to several targets goes one event
	first := &lane{Context: ctx, flow: l.flow, seq: s, parent: l, root: l.root, berth: l.berth}
	l.berth = berth{}
	first.reached.Store(l.reached.Load())
	l.flow.lanes.add(first)
	s.open.Store(int32(s.len()) + 1)
	last, later := s.work(first)
	l.reached.Store(first.reached.Load()) // next was reached, should the stage fail now
	switch last {
	case nil:
	case first:
		l.flow.lanes.remove(first)
		l.berth = first.berth
	default:
		last.leave()
	}
	if later {
		return s.settleLater(l)
	}
	err := s.wait()
	l.dead = l.dead || s.dead.Load()
	return err
}

// eachInGoroutines serves stages that are used outside a flow.
func eachInGoroutines(ctx context.Context, events []*Event, next Handler) error {
	errs := make([]error, len(events))
	var wg sync.WaitGroup
	for i, e := range events {
		wg.Go(func() { errs[i] = next(ctx, e) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
