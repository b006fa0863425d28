package listener

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

func TestWhatIsKnownWhenTheWaitingEndsCounts(t *testing.T) {
	cases := map[string]struct {
		settle func(*message.Message) bool
		want   error
	}{
		"settled":    {(*message.Message).Ack, nil},
		"given back": {(*message.Message).Nack, ErrReturned},
		"neither":    {func(*message.Message) bool { return true }, ErrTooLate},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for range 100 { // what is ready at once is chosen from by chance
				l := unopened(":0")
				m := message.NewMessage("", nil)
				c.settle(m)
				go func() { <-l.door.messages }()
				l.giveUp()
				if err := l.Deliver(m, nil); !errors.Is(err, c.want) {
					t.Fatalf("got %v, want %v", err, c.want)
				}
			}
		})
	}
}

// The engine closes a source when all is settled, and the router acknowledges a moment
// later.
func TestTheListenerWaitsForWhatItHasDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := unopened(":0")
		answer := make(chan error, 1)
		m := message.NewMessage("", nil)
		go func() { answer <- l.Deliver(m, nil) }()
		<-l.door.messages
		go l.end(func() bool { return true })
		l.stop(nil)
		time.Sleep(time.Second)
		m.Ack()
		if err := <-answer; err != nil {
			t.Error(err)
		}
		<-l.done
	})
}

func TestTheListenerWaitsOnlyWhileItIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := unopened(":0")
		answer := make(chan error, 1)
		go func() { answer <- l.Deliver(message.NewMessage("", nil), nil) }()
		<-l.door.messages
		go l.end(func() bool { return true })
		l.stop(nil)
		l.giveUp()
		if err := <-answer; !errors.Is(err, ErrTooLate) {
			t.Error(err)
		}
		<-l.done
	})
}
