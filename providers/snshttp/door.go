package snshttp

import (
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"
)

// door lets the messages of concurrent requests into one channel, which can be
// closed safely because everybody who is at the door holds the lock for reading.
type door struct {
	messages chan *message.Message
	stopping <-chan struct{} // must be closed before the door is
	flow     <-chan struct{} // closes when the flow takes nothing any more

	mu     sync.RWMutex
	closed bool
}

func newDoor(stopping, flow <-chan struct{}) *door {
	return &door{messages: make(chan *message.Message), stopping: stopping, flow: flow}
}

// enter returns nil when the flow has taken the message, and otherwise why it
// never sees it: it stops, or the caller's patience ended before.
func (d *door) enter(m *message.Message, tooLate <-chan struct{}) *reason {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.closed {
		return stopping
	}
	select {
	case d.messages <- m:
		return nil
	case <-tooLate:
		return late
	case <-d.stopping:
	case <-d.flow:
	}
	return stopping
}

func (d *door) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	close(d.messages)
}
