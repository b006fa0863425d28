package sqs

import (
	"strconv"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/race"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// An answer that breaks off on its way, or is asked for a second time, leaves ten
// messages invisible until their timeout.
func TestNoAnswerOfABusyQueueIsLost(t *testing.T) {
	messages := race.Fewer(20_000)
	s := sqstest.New(t, sqstest.Options{})
	if _, err := s.CreateQueue("q", nil); err != nil {
		t.Fatal(err)
	}
	for i := range messages {
		_ = s.Send("q", strconv.Itoa(i))
	}
	c := Source.Defaults.(SourceConfig)
	c.Settings, c.Queue, c.Wait, c.VisibilityTimeout = ourSettings(s), "q", time.Second, time.Hour
	sub := newSubscriber(c, pipeline.System, quiet)
	out, err := sub.Subscribe(t.Context(), "q")
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.After(3 * time.Minute)
	for state, _ := s.Queue("q"); state.Deleted < messages; state, _ = s.Queue("q") {
		select {
		case m := <-out:
			m.Ack()
		case <-time.After(10 * time.Millisecond):
		case <-deadline:
			t.Fatalf("after three minutes %d of %d messages are deleted: %+v", state.Deleted, messages, state)
		}
	}
	if n := sub.counts.received.Value(); n != int64(messages) {
		t.Errorf("%d were received for %d messages", n, messages)
	}
	if err := sub.Close(); err != nil {
		t.Error(err)
	}
}
