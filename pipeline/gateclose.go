package pipeline

import (
	"context"
	"errors"
	"fmt"
)

// Close implements [message.Subscriber]: it stops the flow and returns when its
// events are settled or handed back, or when that takes longer than it may. The router
// may close a gate too that has come to its end by itself: that stops no other flow.
func (g *gate) Close() error {
	if !isClosed(g.done) {
		g.flow.group.stop()
	}
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
	case g.estate.hasHeir():
	case in != nil: // no router has read it
		g.cancel()
		go refuse(in)
	}
	if !g.estate.hasHeir() && !g.estate.isClosed() {
		g.closing.Do(func() { g.closeErr = g.closeSource() })
	}
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
