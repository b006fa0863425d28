// Package tray gives messages of a queue to a flow, several as one Watermill message, and
// has each settled by itself.
package tray

import (
	"context"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/pipeline"
)

// Waiter is who serves trays: a subscription.
type Waiter[T any] struct {
	Out    chan<- *message.Message
	Halted <-chan struct{} // closed when nothing more is given out
	Over   <-chan struct{} // closed when the fates of messages are waited for no longer
	// Watching counts the trays whose fate is open.
	Watching *sync.WaitGroup
	// Settle is told which messages the flow has settled, and Return which it hands back.
	// Of those that are open when Over closes neither is.
	Settle, Return func(...*T)
}

// tray is messages on their way through a flow.
type tray[T any] struct {
	w *Waiter[T]

	mu      sync.Mutex
	entries []*T // nil once their fate is known
}

// Serve gives messages to the flow, one event for each, or returns false once nothing
// more is given out.
func (w *Waiter[T]) Serve(ctx context.Context, events []*pipeline.Event, entries []*T) bool {
	t := &tray[T]{w: w, entries: entries}
	ctx, cancel := context.WithCancel(ctx)
	return w.put(t, pipeline.NewTray(ctx, events, t.tell), cancel)
}

// ServeOne is Serve for a message by itself, for users of Watermill without leat. cancel
// ends its context when its fate is known.
func (w *Waiter[T]) ServeOne(m *message.Message, cancel context.CancelFunc, entry *T) bool {
	return w.put(&tray[T]{w: w, entries: []*T{entry}}, m, cancel)
}

func (w *Waiter[T]) put(t *tray[T], m *message.Message, cancel context.CancelFunc) bool {
	w.Watching.Add(1)
	select {
	case w.Out <- m:
		go t.watch(m, cancel)
		return true
	case <-w.Halted:
		cancel()
		w.Watching.Done()
		return false
	}
}

// tell settles one message or takes it back.
func (t *tray[T]) tell(i int, err error) {
	t.mu.Lock()
	e := t.entries[i]
	t.entries[i] = nil
	t.mu.Unlock()
	switch {
	case e == nil:
	case err == nil:
		t.w.Settle(e)
	default:
		t.w.Return(e)
	}
}

// watch does what the outcome of the whole says about those that nothing was told of.
func (t *tray[T]) watch(m *message.Message, cancel context.CancelFunc) {
	defer t.w.Watching.Done()
	defer cancel()
	select {
	case <-m.Acked():
		t.w.Settle(t.rest()...)
	case <-m.Nacked():
		t.w.Return(t.rest()...)
	case <-t.w.Over:
		t.rest()
	}
}

// rest returns the messages whose fate is open, and ends the tray.
func (t *tray[T]) rest() (left []*T) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, e := range t.entries {
		if e != nil {
			left = append(left, e)
			t.entries[i] = nil
		}
	}
	return left
}
