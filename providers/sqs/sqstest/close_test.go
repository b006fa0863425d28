package sqstest_test

import (
	"testing"

	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// No timer keeps a server in memory that was closed, or a queue that was deleted.
func TestCloseLeavesNoTimer(t *testing.T) {
	for _, end := range []string{"Close", "DeleteQueue"} {
		clock := flowtest.NewClock()
		s, err := sqstest.Start(sqstest.Options{Clock: clock})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		url, err := s.CreateQueue("q", map[string]string{"VisibilityTimeout": "43200"})
		if err != nil {
			t.Fatal(err)
		}
		c, q := newClient(t, s), map[string]any{"QueueUrl": url}
		if err := s.Send("q", "a"); err != nil {
			t.Fatal(err)
		}
		c.ok("ReceiveMessage", q)
		polled := make(chan struct{})
		go func() {
			defer close(polled)
			_, _ = c.try("ReceiveMessage", map[string]any{"QueueUrl": url, "WaitTimeSeconds": 1})
		}()
		eventually(t, "the poll's own timer and the queue's", func() bool { return clock.Pending() == 2 })
		if end == "DeleteQueue" {
			c.ok("DeleteQueue", q)
		} else {
			s.Close()
		}
		<-polled
		if n := clock.Pending(); n != 0 {
			t.Error(end, "leaves", n, "timers")
		}
	}
}
