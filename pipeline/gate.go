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
		g.source.read.Add(len(events))
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
