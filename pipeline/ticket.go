package pipeline

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/ThreeDotsLabs/watermill/message"
)

// ticket is what a message got at the gate.
type ticket struct {
	number uint64
	slots  int // that it takes at the start
	*batch
	gate  *gate
	relay *relay      // nil: the message is that of the source
	begun atomic.Bool // the handler was called, or never will be
}

type ticketKey struct{}

// handle is the handler that the router calls.
func (g *gate) handle(m *message.Message) error {
	t, ok := m.Context().Value(ticketKey{}).(*ticket)
	if !ok {
		return fmt.Errorf("flow %s: the message came without passing the flow's gate: a decorator of the router must keep its context", g.flow.name)
	}
	if t.begun.Swap(true) {
		return errHandledTwice
	}
	defer t.gate.open.Done()
	err := g.flow.consume(m, t, g.source.handle)
	t.gate.tell(m, err)
	if t.relay != nil {
		t.relay.settle(t.number, err)
	}
	return err
}

// errHandledTwice answers a middleware that calls the handler again. The flow has
// tried again where that helps, and what it returned is for the source.
var errHandledTwice = errors.New("the flow has returned this message already: keep Retry middlewares off its handlers")

// tell tells a source that wants to know it what became of a message. The router
// acknowledges it only after the gate may have ended.
func (g *gate) tell(m *message.Message, err error) {
	if g.source.settled != nil {
		g.source.settled(m, err)
	}
}

// watch closes the books on a message that a middleware of somebody else's router
// acknowledges or hands back without having called the handler.
func (t *ticket) watch(m *message.Message) {
	var err error
	select {
	case <-m.Acked():
	case <-m.Nacked():
		err = errNotHandled
	case <-t.gate.done:
		return
	}
	if t.begun.Swap(true) {
		return
	}
	t.gate.tell(m, err)
	f := t.gate.flow
	f.limits.free(t.slots)
	for i := range t.events {
		for _, follower := range f.group.followers {
			follower.pass(t.number + uint64(i))
		}
	}
	t.gate.open.Done()
}

var errNotHandled = errors.New("a middleware handed the message back")
