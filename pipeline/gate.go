package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/ThreeDotsLabs/watermill/message"
)

// gate stands between a source and Watermill's router. It numbers messages
// while they are still in the source's order (the router starts a goroutine for
// each, after which there is none), lets them through within the limits of the
// flow, and ends only after every message it let through is settled.
type gate struct {
	flow    *flow
	source  *namedSource
	foreign bool // the router is somebody else's, and may have middlewares

	open    sync.WaitGroup // messages under way
	done    chan struct{}  // closed after the last of them
	over    chan struct{}  // closed when they are waited for no longer
	err     error          // what ended the source; read it once over
	stopErr error          // what did not end in time; read it once over

	closing  sync.Once
	closeErr error

	mu     sync.Mutex
	in     <-chan *message.Message // nil before the subscription
	cancel context.CancelFunc      // ends it
	begun  bool                    // a router reads it
}

// ticket is what a message got at the gate.
type ticket struct {
	number uint64
	slots  int // that it takes at the start
	*batch
	gate  *gate
	begun atomic.Bool // the handler was called, or never will be
}

type ticketKey struct{}

func newGate(f *flow, s *namedSource) *gate {
	return &gate{flow: f, source: s, done: make(chan struct{}), over: make(chan struct{})}
}

// subscribe subscribes to the source. [Pipeline.Run] opens all gates before an event
// moves, so that a source that cannot be read is known in time; the router of
// somebody else opens each when it runs.
//
// The subscription has a context of its own, see [gate.Subscribe]; only while it
// is being opened does ctx, or a stop of the flow, end it.
func (g *gate) subscribe(ctx context.Context) error {
	g.mu.Lock()
	opened := g.in != nil
	g.mu.Unlock()
	if opened {
		return nil
	}
	subscription, cancel := context.WithCancel(context.WithoutCancel(ctx))
	release := whileOpening(ctx, g.flow.stopping, cancel)
	in, err := g.source.Subscriber.Subscribe(subscription, g.source.Topic)
	if release(); err != nil {
		cancel()
		return fmt.Errorf("flow %s: source %s: %w", g.flow.name, g.source.name, err)
	}
	g.mu.Lock()
	g.in, g.cancel = in, cancel
	g.mu.Unlock()
	return nil
}

// whileOpening calls cancel when ctx or stopping ends before release is called.
func whileOpening(ctx context.Context, stopping <-chan struct{}, cancel func()) (release func()) {
	opened := make(chan struct{})
	go func() {
		select {
		case <-opened:
		case <-ctx.Done():
			cancel()
		case <-stopping:
			cancel()
		}
	}()
	return func() { close(opened) }
}

// Subscribe implements [message.Subscriber]. When ctx ends the flow stops. The
// source learns of it only when all messages are settled or handed back: their
// contexts may be made from that of the subscription, and a source whose
// subscription ends must not seem to have come to its own end.
func (g *gate) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	if err := g.subscribe(ctx); err != nil {
		return nil, err
	}
	g.mu.Lock()
	g.begun = true
	g.mu.Unlock()
	out := make(chan *message.Message)
	go g.run(out, context.AfterFunc(ctx, g.flow.group.stop))
	return out, nil
}

// run passes messages on until the source ends or the flow stops, and returns
// when those under way are settled or have been waited for long enough.
func (g *gate) run(out chan<- *message.Message, unwatch func() bool) {
	defer close(g.over)
	g.forward(out)
	go func() {
		g.open.Wait()
		close(g.done)
	}()
	select {
	case <-g.done:
	case <-g.flow.stopping:
		g.stopErr = g.await()
	}
	unwatch() // the router ends the context when out closes, and nothing stops then
	close(out)
	g.cancel()
	go refuse(g.in)
}

// refuse hands back what a source still gives while it ends.
func refuse(in <-chan *message.Message) {
	for m := range in {
		m.Nack()
	}
}

// forward ends with the source or with the flow.
func (g *gate) forward(out chan<- *message.Message) {
	for {
		select {
		case <-g.flow.stopping:
			return
		case m, ok := <-g.in:
			if !ok {
				g.sourceEnded()
				return
			}
			if !g.pass(m, out) {
				m.Nack()
				return
			}
		}
	}
}

// sourceEnded tells a source that came to its end from one that broke off: what
// is held then waits for events that will not come now.
func (g *gate) sourceEnded() {
	if g.source.Err != nil {
		g.err = g.source.Err()
	}
	if g.err == nil {
		g.flow.group.sourceEnded()
		return
	}
	g.flow.pipeline.log.Error("source broke off", "flow", g.flow.name, "source", g.source.name, "error", g.err)
	g.flow.group.stop()
}

// pass lets a message through, or returns false when the flow stops first.
func (g *gate) pass(m *message.Message, out chan<- *message.Message) bool {
	f := g.flow
	b := eventsOf(m, f.clock.Now())
	events := b.events
	if len(events) == 0 {
		m.Ack()
		return true
	}
	slots := min(len(events), f.limits.maxInFlight) // the others take theirs as these come free
	if !f.limits.admit(f.stopping, slots) {
		return false
	}
	t := &ticket{slots: slots, number: f.group.take(len(events)), batch: b, gate: g}
	m.SetContext(context.WithValue(m.Context(), ticketKey{}, t))
	g.open.Add(1)
	select {
	case out <- m:
		f.pipeline.stats.read.Add(int64(len(events)))
		if g.foreign {
			go t.watch(m)
		}
		return true
	case <-f.stopping:
		f.limits.free(slots)
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
	if t.begun.Swap(true) {
		return errHandledTwice
	}
	defer t.gate.open.Done()
	err := g.flow.consume(m, t)
	t.gate.tell(m, err)
	return err
}

// tell tells a source that wants to know it what became of a message. The router
// acknowledges it only after the gate may have ended.
func (g *gate) tell(m *message.Message, err error) {
	if g.source.settled != nil {
		g.source.settled(m, err)
	}
}

// errHandledTwice answers a middleware that calls the handler again. The flow has
// tried again where that helps, and what it returned is for the source.
var errHandledTwice = errors.New("the flow has returned this message already: keep Retry middlewares off its handlers")

var errNotHandled = errors.New("a middleware handed the message back")

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

// Close implements [message.Subscriber]: it stops the flow and returns when its
// events are settled or handed back, or when that takes longer than it may.
func (g *gate) Close() error {
	g.flow.group.stop()
	return g.finish()
}

// finish waits for the gate's messages and closes its source. It may be called
// more than once.
func (g *gate) finish() error {
	g.mu.Lock()
	begun, in := g.begun, g.in
	g.mu.Unlock()
	switch {
	case begun:
		<-g.over
	case in != nil: // no router has read it
		g.cancel()
		go refuse(in)
	}
	g.closing.Do(func() { g.closeErr = g.closeSource() })
	return errors.Join(g.stopErr, g.endedBy(), g.closeErr)
}

// closeSource does not wait for ever: what the flow has left behind, a source may
// wait for.
func (g *gate) closeSource() error {
	closed := make(chan error, 1)
	ended := make(chan struct{})
	go func() {
		closed <- g.source.Subscriber.Close()
		close(ended)
	}()
	if Sleep(context.Background(), g.flow.clock, closeGrace, ended) {
		return fmt.Errorf("flow %s: source %s did not close within %s", g.flow.name, g.source.name, closeGrace)
	}
	return <-closed
}

// endedBy says what ended the gate's source before its time.
func (g *gate) endedBy() error {
	if g.err == nil {
		return nil
	}
	return fmt.Errorf("flow %s: source %s: %w", g.flow.name, g.source.name, g.err)
}
