package pipeline

import (
	"context"
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
	estate  *estate // nil: no other flow gets the source
	foreign bool    // the router is somebody else's, and may have middlewares

	open    sync.WaitGroup // messages under way
	done    chan struct{}  // closed after the last of them
	over    chan struct{}  // closed when they are waited for no longer
	err     error          // what ended the source; read it once over
	stopErr error          // what did not end in time; read it once over

	closing  sync.Once
	closeErr error

	read atomic.Int64 // events that were let through

	mu     sync.Mutex
	in     <-chan *message.Message // nil before the subscription
	cancel context.CancelFunc      // ends it
	begun  bool                    // a router reads it
	broken error                   // what err will say
}

func newGate(f *flow, s *namedSource) *gate {
	g := &gate{flow: f, source: s, done: make(chan struct{}), over: make(chan struct{})}
	if f.pipeline.replace {
		g.estate = s.estate
	}
	f.control.add(g)
	return g
}

// subscribe subscribes to the source. [Pipeline.Run] opens all gates before an event
// moves, so that a source that cannot be read is known in time; the router of
// somebody else opens each when it runs.
//
// The subscription has a context of its own, see [gate.Subscribe]; only while it
// is being opened does ctx, or a stop of the flow, end it.
func (g *gate) subscribe(ctx context.Context) error {
	if g.opened() {
		return nil
	}
	subscription, cancel := context.WithCancel(context.WithoutCancel(ctx))
	release := whileOpening(ctx, g.flow.stopping, cancel)
	in, err := g.source.Subscriber.Subscribe(subscription, g.source.Topic)
	if release(); err != nil {
		cancel()
		return fmt.Errorf("flow %s: source %s: %w", g.flow.name, g.source.name, err)
	}
	g.estate.opened(g, in, cancel)
	g.set(in, cancel)
	return nil
}

// opened reports whether the gate has a subscription, its own or that of the flow before.
func (g *gate) opened() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if e := g.estate; e != nil && g.in == nil {
		g.in, g.cancel = e.in, e.cancel
	}
	return g.in != nil
}

func (g *gate) set(in <-chan *message.Message, cancel context.CancelFunc) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.in, g.cancel = in, cancel
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
	if !g.estate.hasHeir() {
		g.cancel()
		go refuse(g.in)
	}
}

// refuse hands back what a source still gives while it ends.
func refuse(in <-chan *message.Message) {
	for m := range in {
		m.Nack()
	}
}

// forward ends with the source or with the flow. While the flow is paused it takes
// nothing, see [gate.rest].
func (g *gate) forward(out chan<- *message.Message) {
	if !g.passLeft(out) {
		return
	}
	for {
		if g.flow.control.paused.IsShut() && !g.rest() { // select would choose by chance
			return
		}
		select {
		case <-g.flow.stopping:
			return
		case <-g.flow.control.paused.WhenShut():
			if !g.rest() {
				return
			}
		case m, ok := <-g.in:
			if !ok {
				g.sourceEnded()
				return
			}
			if !g.pass(m, out) {
				return
			}
		}
	}
}

// passLeft lets through what the flow before has left, all of it or none: what is not
// begun stays for the next.
func (g *gate) passLeft(out chan<- *message.Message) bool {
	if g.estate == nil {
		return true
	}
	left := g.estate.take()
	for i, r := range left {
		if !g.passRelay(r, out) {
			for _, r := range left[i:] {
				r.refused()
			}
			return false
		}
	}
	return true
}

func (g *gate) passRelay(r *relay, out chan<- *message.Message) bool {
	m, b := r.offer()
	return g.passAs(&ticket{batch: b, relay: r}, m, out)
}

// sourceEnded tells a source that came to its end from one that broke off: what
// is held then waits for events that will not come now.
func (g *gate) sourceEnded() {
	if g.source.Err != nil {
		g.err = g.source.Err()
	}
	if g.err == nil {
		g.estate.end()
		g.flow.group.sourceEnded()
		return
	}
	g.mu.Lock()
	g.broken = g.err
	g.mu.Unlock()
	g.flow.pipeline.log.Error("source broke off", "flow", g.flow.name, "source", g.source.name, "error", g.err)
	g.flow.group.stop()
}

// pass lets a message through, or hands it back and returns false when the flow stops
// first.
func (g *gate) pass(m *message.Message, out chan<- *message.Message) bool {
	b := eventsOf(m, g.flow.clock.Now())
	if len(b.events) == 0 {
		m.Ack()
		return true
	}
	if e := g.estate; e != nil {
		r := e.relay(m, b)
		passed := g.passRelay(r, out)
		if !passed {
			r.refused()
		}
		return passed
	}
	passed := g.passAs(&ticket{batch: b}, m, out)
	if !passed {
		m.Nack()
	}
	return passed
}

// passAs lets m through with a ticket, or returns false when the flow stops first.
func (g *gate) passAs(t *ticket, m *message.Message, out chan<- *message.Message) bool {
	f, n := g.flow, len(t.events)
	t.gate, t.slots = g, min(n, f.limits.maxInFlight) // the others take theirs as these come free
	if admitted, goesBack := g.admit(t.slots); goesBack {
		m.Nack()
		return true
	} else if !admitted {
		return false
	}
	t.at = f.clock.Now()
	t.number = f.group.take(n)
	again := t.relay != nil && t.relay.again // before the message is somebody else's
	m.SetContext(context.WithValue(m.Context(), ticketKey{}, t))
	g.open.Add(1)
	select {
	case out <- m:
		if !again {
			f.pipeline.stats.read.Add(int64(n))
			g.read.Add(int64(n))
			g.source.read.Add(n)
		}
		if g.foreign {
			go t.watch(m)
		}
		return true
	case <-f.stopping:
		f.limits.free(t.slots)
		g.open.Done()
		return false
	}
}
