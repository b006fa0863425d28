package sqs

import (
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// While its flow is paused, for however long, a queue keeps its messages for others.
func TestAPausedFlowLeavesMessagesInTheQueue(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{}, map[string]string{"VisibilityTimeout": "30"})
		rig := flowtest.Start(t, reordering, flowtest.Options{Catalog: flowOn(t, s)})
		time.Sleep(time.Second)
		if err := rig.Pipeline.Pause("parcels"); err != nil {
			t.Fatal(err)
		}
		for n := range 50 {
			_ = s.Send(name, parcelEvent(n, 5))
		}
		time.Sleep(time.Hour)
		if state, _ := s.Queue(name); state.InFlight != 0 || state.Deleted != 0 || state.Visible != 50 {
			t.Errorf("paused: %+v", state)
		}
		for _, m := range s.Messages(name) {
			if m.Receives > 1 {
				t.Errorf("a message was received %d times", m.Receives)
			}
		}
		if err := rig.Pipeline.Resume("parcels"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		if state, _ := s.Queue(name); state.Deleted != 50 {
			t.Errorf("after it went on: %+v", state)
		}
	})
}
