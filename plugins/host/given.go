package host

import (
	"context"
	"slices"

	"github.com/leat-io/leat/pipeline"
)

// given is the events whose callers do not wait. The host looks at whether their flows end
// for all of them together.
type given struct {
	first    *later
	watched  []ends
	together *pipeline.Convoy // those that are answered with the message that is being read
}

// ends is how a flow ends: it stops, and then it waits no longer.
type ends struct{ stopping, over <-chan struct{} }

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// admit takes an event of a caller that does not wait. The host is locked.
func (h *Host) admit(l *later) error {
	switch l.stopping = closed(l.ends.stopping); {
	case closed(l.ends.over):
		return context.Canceled
	case l.stopping && h.current == nil:
		return pipeline.ErrReturned
	}
	if g := &h.given; !slices.Contains(g.watched, l.ends) {
		g.watched = append(g.watched, l.ends)
		h.working.Go(func() { h.attend(l.ends) })
	}
	h.given.add(l)
	return nil
}

// attend does for the events of a flow what their callers do not wait to do, see
// [Host.await]. A flow that comes to its end by itself is over without having stopped.
func (h *Host) attend(e ends) {
	select {
	case <-e.stopping:
		h.endAll(e, h.hastenLocked)
	case <-e.over:
	case <-h.closing.Done():
		return
	}
	select {
	case <-e.over:
		h.endAll(e, func(c *call) {
			h.leave(c)
			c.finish(nil, context.Canceled)
		})
		h.forget(e)
	case <-h.closing.Done():
	}
}

// forget lets go of a flow that is over: nothing of it is taken in any more.
func (h *Host) forget(e ends) {
	h.mu.Lock()
	defer h.mu.Unlock()
	g := &h.given
	g.watched = slices.DeleteFunc(g.watched, func(other ends) bool { return other == e })
}

func (h *Host) endAll(e ends, end func(*call)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := h.given.first; l != nil; {
		next := l.after
		if l.ends == e {
			end(&l.call)
		}
		l = next
	}
}

func (g *given) add(l *later) {
	if l.after = g.first; l.after != nil {
		l.after.before = l
	}
	g.first = l
}

func (g *given) remove(l *later) {
	if l.before != nil {
		l.before.after = l.after
	} else {
		g.first = l.after
	}
	if l.after != nil {
		l.after.before = l.before
	}
	l.before, l.after = nil, nil
}

// gather has the events that are answered from now on go on together.
func (g *given) gather() { g.together = &pipeline.Convoy{} }

// goOn has them go on.
func (g *given) goOn() {
	c := g.together
	g.together = nil
	c.Go()
}
