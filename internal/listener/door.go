package listener

import (
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"
)

// door lets the messages of concurrent requests into one channel, which can be
// closed safely because everybody who is at the door holds the lock for reading.
type door struct {
	messages chan *message.Message
	stopping <-chan struct{} // must be closed before the door is
	flow     <-chan struct{} // closes when the flow takes nothing any more; nil: never

	mu     sync.RWMutex
	closed bool
	inside sync.WaitGroup // entered, and still waited for
}

func newDoor(stopping, flow <-chan struct{}) *door {
	return &door{messages: make(chan *message.Message), stopping: stopping, flow: flow}
}

func (d *door) enter(m *message.Message, tooLate <-chan struct{}) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.closed {
		return ErrStopping
	}
	select {
	case d.messages <- m:
		d.inside.Add(1)
		return nil
	case <-tooLate:
		return ErrTooLate
	case <-d.stopping:
	case <-d.flow:
	}
	return ErrStopping
}

func (d *door) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	close(d.messages)
}
