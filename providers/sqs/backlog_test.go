package sqs

import (
	"fmt"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

func TestBacklogIsWhatTheQueueSays(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{}, map[string]string{"VisibilityTimeout": "30"})
		rig := flowtest.Load(t, reordering, flowtest.Options{Catalog: flowOn(t, s)})
		if got := rig.Pipeline.Backlogs(t.Context()); len(got) != 1 || got[0].Err == nil {
			t.Errorf("before the start: %+v", got)
		}
		for i := range 3 {
			_ = s.Send(name, parcelEvent(i, 1))
		}
		time.Sleep(20 * time.Second)
		rig.Run()
		time.Sleep(time.Second) // all three are held by reorder
		calls := s.Calls()["GetQueueAttributes"]
		got := rig.Pipeline.Backlogs(t.Context())
		if len(got) != 1 || got[0].Err != nil {
			t.Fatalf("%+v", got)
		}
		if b := got[0].Backlog; b.Waiting != 0 || b.Taken != 3 || b.Delayed != 0 || b.Age < 20*time.Second || b.Age > 21*time.Second {
			t.Errorf("%+v", b)
		}
		if n := s.Calls()["GetQueueAttributes"] - calls; n != 1 {
			t.Errorf("%d requests", n)
		}
		rig.Stop()
	})
}

func TestANumberThatIsMissingIsNotKnown(t *testing.T) {
	for text, want := range map[string]int64{"": -1, "7": 7, "many": -1} {
		if got := countIn(text); got != want {
			t.Errorf("%s", fmt.Sprint(text, got, want))
		}
	}
}
