package http

import (
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"
)

// door lets the messages of concurrent requests into one channel, which can be
// closed safely because everybody who is at the door holds the lock for reading.
type door struct {
	messages chan *message.Message
	stopping <-chan struct{} // must be closed before the door is

	mu     sync.RWMutex
	closed bool
}

func newDoor(stopping <-chan struct{}) *door {
	return &door{messages: make(chan *message.Message), stopping: stopping}
}

// enter returns false when the source stops, or the caller's patience ends,
// before the flow has taken the message. The flow never sees it then.
func (d *door) enter(m *message.Message, tooLate <-chan struct{}) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.closed {
		return false
	}
	select {
	case d.messages <- m:
		return true
	case <-tooLate:
	case <-d.stopping:
	}
	return false
}

func (d *door) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	close(d.messages)
}
