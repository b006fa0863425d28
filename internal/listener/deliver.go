package listener

import (
	"errors"

	"github.com/ThreeDotsLabs/watermill/message"
)

// Why a message was not delivered. After ErrStopping the flow never sees it; after
// ErrReturned it has given it back; after ErrTooLate it never sees it, or may yet
// settle it.
var (
	ErrStopping = errors.New("the source stops")
	ErrReturned = errors.New("the flow has given the message back")
	ErrTooLate  = errors.New("the message was not settled in time")
)

// Deliver gives a message to the flow and returns nil once it is settled. It gives up
// when tooLate closes, and when the listener has waited long enough for its end; the
// server goes on until then.
func (l *Listener) Deliver(m *message.Message, tooLate <-chan struct{}) error {
	if err := l.door.enter(m, tooLate); err != nil {
		return err
	}
	defer l.door.inside.Done()
	select {
	case <-m.Acked():
	case <-m.Nacked():
	case <-tooLate:
	case <-l.waiting.Done():
	}
	return outcome(m)
}

// outcome counts what is known, even if the waiting has ended at the same time.
func outcome(m *message.Message) error {
	select {
	case <-m.Acked():
		return nil
	case <-m.Nacked():
		return ErrReturned
	default:
		return ErrTooLate
	}
}
