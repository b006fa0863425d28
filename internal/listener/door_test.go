package listener

import (
	"errors"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
)

func TestTheDoorSaysWhyAMessageDoesNotEnter(t *testing.T) {
	over := make(chan struct{})
	close(over)
	cases := map[string]struct {
		stopping, flow, tooLate chan struct{}
		want                    error
	}{
		"the source stops":          {over, nil, nil, ErrStopping},
		"the flow stops":            {nil, over, nil, ErrStopping},
		"it has waited long enough": {nil, nil, over, ErrTooLate},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newDoor(c.stopping, c.flow)
			if err := d.enter(message.NewMessage("", nil), c.tooLate); !errors.Is(err, c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestNobodyEntersThroughAClosedDoor(t *testing.T) {
	d := newDoor(nil, nil)
	d.close()
	if err := d.enter(message.NewMessage("", nil), nil); !errors.Is(err, ErrStopping) {
		t.Errorf("got %v", err)
	}
	if _, ok := <-d.messages; ok {
		t.Error("a message entered")
	}
}
