package sqstest_test

import (
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

func TestVisibilityGoesByTheClock(t *testing.T) {
	clock := flowtest.NewClock()
	s, c := withQueue(t, sqstest.Options{Clock: clock}, nil, "x")
	if got := c.messages(); len(got) != 1 {
		t.Fatal(got)
	}
	clock.Advance(30*time.Second - 1)
	if got := c.messages(); len(got) != 0 {
		t.Errorf("received %v too early", got)
	}
	clock.Advance(1)
	if got := c.messages(); len(got) != 1 {
		t.Errorf("received %v in time", got)
	}
	if m := s.Messages("q")[0]; m.Receives != 2 || m.State != "in flight" || !m.VisibleAt.Equal(clock.Now().Add(30*time.Second)) || !m.FirstReceived.Equal(m.Sent) {
		t.Errorf("%+v", m)
	}
}

func TestLongPollGoesByTheClock(t *testing.T) {
	clock := flowtest.NewClock()
	s, c := withQueue(t, sqstest.Options{Clock: clock}, nil)
	for _, test := range []struct {
		name string
		wake func()
		want int
	}{
		{"the end of its time", func() { clock.Advance(20 * time.Second) }, 0},
		{"a message", func() { _ = s.Send("q", "x") }, 1},
		{"the end of a visibility timeout", func() { clock.Advance(15 * time.Second); clock.Advance(4 * time.Second) }, 1},
	} {
		polled := make(chan int)
		go func() { polled <- len(c.messages("WaitTimeSeconds", 20, "VisibilityTimeout", 10)) }()
		eventually(t, "a poller", func() bool { return state(t, s).Pollers == 1 })
		test.wake()
		if got := <-polled; got != test.want {
			t.Errorf("%s: %d messages, want %d", test.name, got, test.want)
		}
	}
}

func TestTwelveHoursCountFromTheReceive(t *testing.T) {
	clock := flowtest.NewClock()
	s, c := withQueue(t, sqstest.Options{Clock: clock}, map[string]string{"VisibilityTimeout": "7200"}, "x")
	handle := c.messages()[0]["ReceiptHandle"]
	hide := func(seconds int) int {
		return c.call("ChangeMessageVisibility", map[string]any{"QueueUrl": s.QueueURL("q"), "VisibilityTimeout": seconds, "ReceiptHandle": handle}).status
	}
	if got := hide(43_200); got != 200 {
		t.Errorf("twelve hours at once: %d", got)
	}
	clock.Advance(time.Hour)
	if got := hide(39_601); got != 400 {
		t.Errorf("a second more than eleven hours: %d", got)
	}
	if got := hide(39_600); got != 200 {
		t.Errorf("eleven hours more: %d", got)
	}
	clock.Advance(11 * time.Hour)
	if got := state(t, s); got.Visible != 1 || got.InFlight != 0 {
		t.Errorf("%+v", got)
	}
}

func TestMessagesExpire(t *testing.T) {
	clock := flowtest.NewClock()
	s, c := withQueue(t, sqstest.Options{Clock: clock}, map[string]string{"MessageRetentionPeriod": "60"}, "old", "held")
	c.messages("MaxNumberOfMessages", 1)
	clock.Advance(59 * time.Second)
	_ = s.Send("q", "young")
	clock.Advance(time.Second)
	if got := c.messages(); len(got) != 1 || got[0]["Body"] != "young" {
		t.Errorf("received %v", got)
	}
	if got := state(t, s); got.Expired != 2 || got.InFlight != 1 || got.Visible != 0 {
		t.Errorf("%+v", got)
	}
}

func TestDeduplicationEndsAfterFiveMinutes(t *testing.T) {
	clock := flowtest.NewClock()
	s := sqstest.New(t, sqstest.Options{Clock: clock})
	where, err := s.CreateQueue("q.fifo", nil)
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, s)
	send := func() {
		c.ok("SendMessage", map[string]any{"QueueUrl": where, "MessageBody": "x", "MessageGroupId": "g", "MessageDeduplicationId": "1"})
	}
	for _, test := range []struct {
		after time.Duration
		want  int
	}{{0, 1}, {5*time.Minute - 1, 1}, {1, 2}, {4 * time.Minute, 2}} {
		clock.Advance(test.after)
		send()
		if q, _ := s.Queue("q.fifo"); q.Visible != test.want {
			t.Errorf("%s later: %d messages, want %d", test.after, q.Visible, test.want)
		}
	}
}

func TestQueueIsPurgedOnceAMinute(t *testing.T) {
	clock := flowtest.NewClock()
	s, c := withQueue(t, sqstest.Options{Clock: clock}, nil, "x", "y")
	purge := func() int { return c.call("PurgeQueue", map[string]any{"QueueUrl": s.QueueURL("q")}).status }
	if purge() != 200 || purge() != 400 {
		t.Error("the second purge worked, or the first did not")
	}
	clock.Advance(time.Minute)
	if purge() != 200 || state(t, s).Purged != 2 {
		t.Errorf("%+v", state(t, s))
	}
}
