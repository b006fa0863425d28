package pipeline

import (
	"context"
	"fmt"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"
)

// gate stands between a source and Watermill's router. It numbers messages
// while they are still in the source's order (the router starts a goroutine for
// each, after which there is none), lets them through within the limits of the
// flow, and ends only after every message it let through is settled.
type gate struct {
	flow   *flow
	source *namedSource

	open   sync.WaitGroup // messages under way
	done   chan struct{}  // closed after the last of them
	gaveUp chan struct{}  // closed when they are waited for no longer
	err    error          // what ended the source, once done

	mu     sync.Mutex
	in     <-chan *message.Message // nil before the subscription
	cancel context.CancelFunc      // ends it
}

// ticket is what a message got at the gate.
type ticket struct {
	number uint64
	events []*Event
	gate   *gate
}

type ticketKey struct{}

func newGate(f *flow, s *namedSource) *gate {
	return &gate{flow: f, source: s, done: make(chan struct{}), gaveUp: make(chan struct{})}
}

// subscribe subscribes to the source. [Pipeline.Run] opens all gates before an event
// moves, so that a source that cannot be read is known in time; the router of
// somebody else opens each when it runs.
func (g *gate) subscribe(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.in != nil {
		return nil
	}
	subscription, cancel := context.WithCancel(context.WithoutCancel(ctx))
	in, err := g.source.Subscriber.Subscribe(subscription, g.source.Topic)
	if err != nil {
		cancel()
		return fmt.Errorf("flow %s: source %s: %w", g.flow.name, g.source.name, err)
	}
	g.in, g.cancel = in, cancel
	return nil
}

// abandon ends a subscription that no router reads.
func (g *gate) abandon() {
	if g.in != nil {
		g.cancel()
		refuse(g.in)
	}
}

// refuse hands back what a source still gives while it ends.
func refuse(in <-chan *message.Message) {
	for m := range in {
		m.Nack()
	}
}

// Subscribe implements [message.Subscriber]. When ctx ends the flow stops; the
// source learns of it only then, so that it never seems to have come to its end.
func (g *gate) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	if err := g.subscribe(ctx); err != nil {
		return nil, err
	}
	unwatch := context.AfterFunc(ctx, g.flow.stop)
	out := make(chan *message.Message)
	go func() {
		defer unwatch()
		defer g.cancel()
		g.pump(g.in, out)
	}()
	return out, nil
}

// pump passes messages on until the source ends or the flow stops.
func (g *gate) pump(in <-chan *message.Message, out chan<- *message.Message) {
	defer close(out)
	ended := g.forward(in, out)
	if g.source.Err != nil {
		g.err = g.source.Err()
	}
	if ended && g.err == nil {
		g.flow.group.sourceEnded()
	} else {
		g.flow.stop() // what is held waits for events that will not come now
	}
	go func() {
		g.open.Wait()
		close(g.done)
	}()
	select {
	case <-g.done:
	case <-g.gaveUp:
	}
}

// forward returns true when the source came to its end.
func (g *gate) forward(in <-chan *message.Message, out chan<- *message.Message) bool {
	for {
		select {
		case <-g.flow.stopping:
		case m, ok := <-in:
			if !ok {
				return true
			}
			if g.pass(m, out) {
				continue
			}
			m.Nack()
		}
		g.cancel()
		refuse(in)
		return false
	}
}

// pass lets a message through, or returns false when the flow stops first.
func (g *gate) pass(m *message.Message, out chan<- *message.Message) bool {
	f := g.flow
	events := eventsOf(m, f.clock.Now())
	if len(events) == 0 {
		return m.Ack()
	}
	if !f.limits.admit(f.stopping, len(events)) {
		return false
	}
	t := &ticket{f.group.take(len(events)), events, g}
	m.SetContext(context.WithValue(m.Context(), ticketKey{}, t))
	f.pipeline.stats.read.Add(int64(len(events)))
	g.open.Add(1)
	select {
	case out <- m:
		return true
	case <-f.stopping:
		f.limits.leave(slotInFlight, 0, len(events))
		g.open.Done()
		return false
	}
}

// handle is the handler that the router calls.
func (g *gate) handle(m *message.Message) error {
	t, ok := m.Context().Value(ticketKey{}).(*ticket)
	if !ok {
		return fmt.Errorf("flow %s: the message came without passing the flow's gate: a decorator of the router must keep its context", g.flow.name)
	}
	defer t.gate.open.Done()
	return g.flow.consume(m, t)
}

// Close implements [message.Subscriber]: it stops the flow and returns when its
// events are settled or handed back, or when that takes longer than it may.
func (g *gate) Close() error {
	g.flow.stop()
	g.mu.Lock()
	subscribed := g.in != nil
	g.mu.Unlock()
	if !subscribed {
		return nil
	}
	err := g.await()
	if closeErr := g.source.Subscriber.Close(); err == nil {
		err = closeErr
	}
	return err
}
