package pipeline

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"
)

// estate is a source that ends by itself and what was read from it and not settled. It
// goes on to the flow that takes the place of its own, see [Running.Replace]: what such a
// source gets back it does not give again, and not every one can be read again.
type estate struct {
	source *Source
	mark   mark
	hooks  []hook // of the source

	in     <-chan *message.Message // nil before the subscription
	cancel context.CancelFunc      // ends it
	gate   *gate                   // that opened it

	mu       sync.Mutex
	heir     bool // another flow gets it
	finished bool // the source has come to its end
	closed   bool // it is at an end, and nobody can have it
	left     []*relay
}

// heirTo returns what the flow of that name before has of the same source, nil if that
// has none.
func (r *Running) heirTo(flow, source string, m mark) *estate {
	if r == nil {
		return nil
	}
	f := r.Pipeline().flow(flow)
	if f == nil {
		return nil
	}
	for _, s := range f.sources {
		if s.name == source && s.estate != nil && s.estate.mark == m && s.estate.in != nil && s.estate.lives() {
			return s.estate
		}
	}
	return nil
}

// opened notes the subscription of the source.
func (e *estate) opened(g *gate, in <-chan *message.Message, cancel context.CancelFunc) {
	if e != nil {
		e.gate, e.in, e.cancel = g, in, cancel
	}
}

func (e *estate) lives() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.finished || !e.closed
}

// handOver says that another flow gets the source; false: the flow that comes to its end
// closes it.
func (e *estate) handOver(to bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heir = to && !e.closed
}

func (e *estate) hasHeir() bool {
	if e == nil {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.heir
}

func (e *estate) end() {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.finished = true
}

// keep puts aside what a flow has not settled, if another one gets it.
func (e *estate) keep(r *relay) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.heir {
		e.left = append(e.left, r)
	}
	return e.heir
}

// take returns what is left, in the order of the source.
func (e *estate) take() []*relay {
	e.mu.Lock()
	defer e.mu.Unlock()
	left := e.left
	e.left = nil
	slices.SortStableFunc(left, func(a, b *relay) int { return cmp.Compare(a.number, b.number) })
	return left
}

// close gives back what is left, once the source is closed, and runs the source's hooks.
func (e *estate) close() error {
	e.mu.Lock()
	if e.heir || e.closed {
		e.mu.Unlock()
		return nil
	}
	e.closed = true
	e.mu.Unlock()
	for _, r := range e.take() {
		r.origin.Nack()
	}
	return closeHooks(e.hooks)
}

// discard closes an estate that no flow has any longer.
func (e *estate) discard() error {
	e.handOver(false)
	e.cancel()
	go refuse(e.in)
	return errors.Join(e.gate.closeSource(), e.close())
}

// forsake says of a source that was opened in vain that nobody can have it; not of one
// that came from another flow.
func (e *estate) forsake() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = e.closed || !e.heir
}

func (e *estate) isClosed() bool {
	if e == nil {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.closed
}

// discard closes what a unit would have handed over to others than heirs.
func discard(u *unit, heirs []*estate) error {
	var errs []error
	for _, e := range estatesOf(u.flows) {
		if e.hasHeir() && !slices.Contains(heirs, e) {
			errs = append(errs, e.discard())
		}
	}
	return errors.Join(errs...)
}

// estatesOf are those of the sources of flows.
func estatesOf(flows []*flow) (all []*estate) {
	for _, f := range flows {
		for _, s := range f.sources {
			if s.estate != nil {
				all = append(all, s.estate)
			}
		}
	}
	return all
}

// closeEstates closes those that nobody else gets.
func closeEstates(flows []*flow) error {
	var errs []error
	for _, e := range estatesOf(flows) {
		errs = append(errs, e.close())
	}
	return errors.Join(errs...)
}
