package sqstest_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

func TestHandleOfAnEarlierReceive(t *testing.T) {
	for _, strict := range []bool{false, true} {
		s, c := withQueue(t, sqstest.Options{NewestHandleDeletes: strict}, nil, "x")
		old := c.messages("VisibilityTimeout", 0)[0]["ReceiptHandle"]
		c.messages()
		if a := c.call("ChangeMessageVisibility", map[string]any{"QueueUrl": s.QueueURL("q"), "ReceiptHandle": old, "VisibilityTimeout": 0}); a.status != 400 {
			t.Errorf("strict %t: the old handle changed the visibility: %s", strict, a.body)
		}
		c.ok("DeleteMessage", map[string]any{"QueueUrl": s.QueueURL("q"), "ReceiptHandle": old})
		if got := state(t, s); (got.Deleted == 0) != strict {
			t.Errorf("strict %t: %+v", strict, got)
		}
	}
}

func TestExpiredHandleOfAFIFOQueueDoesNotDelete(t *testing.T) {
	s := sqstest.New(t, sqstest.Options{})
	where, _ := s.CreateQueue("q.fifo", nil)
	_ = s.Send("q.fifo", "x")
	c := newClient(t, s)
	got := messagesOf(c.ok("ReceiveMessage", map[string]any{"QueueUrl": where, "VisibilityTimeout": 0}))
	a := c.call("DeleteMessage", map[string]any{"QueueUrl": where, "ReceiptHandle": got[0]["ReceiptHandle"]})
	if a.status != 400 || a.header.Get("x-amzn-query-error") != "InvalidParameterValue;Sender" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestHandleOfAnotherQueueIsInvalid(t *testing.T) {
	s, c := withQueue(t, sqstest.Options{}, nil, "x")
	handle := c.messages()[0]["ReceiptHandle"]
	other, _ := s.CreateQueue("other", nil)
	if a := c.call("DeleteMessage", map[string]any{"QueueUrl": other, "ReceiptHandle": handle}); a.json["__type"] != "com.amazonaws.sqs#ReceiptHandleIsInvalid" {
		t.Error(a.body)
	}
}

func TestTooManyMessagesInFlight(t *testing.T) {
	s, c := withQueue(t, sqstest.Options{MaxInFlight: 2, Clock: flowtest.NewClock()}, nil, "x", "y", "z")
	got := c.messages()
	if len(got) != 2 {
		t.Fatalf("%d messages", len(got))
	}
	if a := c.call("ReceiveMessage", map[string]any{"QueueUrl": s.QueueURL("q")}); a.json["__type"] != "com.amazonaws.sqs#OverLimit" {
		t.Errorf("a short poll: %s", a.body)
	}
	polled := make(chan int)
	go func() { polled <- len(c.messages("WaitTimeSeconds", 20)) }()
	eventually(t, "a poller", func() bool { return state(t, s).Pollers == 1 })
	c.ok("DeleteMessage", map[string]any{"QueueUrl": s.QueueURL("q"), "ReceiptHandle": got[0]["ReceiptHandle"]})
	if n := <-polled; n != 1 {
		t.Errorf("a long poll: %d messages", n)
	}
}

func TestDeletedQueueEndsItsPolls(t *testing.T) {
	s, c := withQueue(t, sqstest.Options{Clock: flowtest.NewClock()}, nil)
	polled := make(chan answer)
	go func() {
		polled <- c.call("ReceiveMessage", map[string]any{"QueueUrl": s.QueueURL("q"), "WaitTimeSeconds": 20})
	}()
	eventually(t, "a poller", func() bool { return state(t, s).Pollers == 1 })
	c.ok("DeleteQueue", map[string]any{"QueueUrl": s.QueueURL("q")})
	if a := <-polled; a.json["__type"] != "com.amazonaws.sqs#QueueDoesNotExist" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestBatchWakesOnePollWithAllOfIt(t *testing.T) {
	s, c := withQueue(t, sqstest.Options{Clock: flowtest.NewClock()}, nil)
	polled := make(chan int, 2)
	for range 2 {
		go func() { polled <- len(c.messages("WaitTimeSeconds", 20)) }()
	}
	eventually(t, "two pollers", func() bool { return state(t, s).Pollers == 2 })
	_ = s.Send("q", "a", "b", "c")
	if n := <-polled; n != 3 {
		t.Errorf("%d messages at once", n)
	}
	_ = s.Send("q", "d")
	if n := <-polled; n != 1 {
		t.Errorf("%d messages", n)
	}
}

// TestManyClientsLoseNothing has clients poll, hand back and delete at the same
// time; each message is deleted once in the end.
func TestManyClientsLoseNothing(t *testing.T) {
	const n = 2000
	s, c := withQueue(t, sqstest.Options{}, nil)
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for state(t, s).Deleted < n {
				for _, m := range c.messages("WaitTimeSeconds", 1) {
					in := map[string]any{"QueueUrl": s.QueueURL("q"), "ReceiptHandle": m["ReceiptHandle"], "VisibilityTimeout": 0}
					if rand.IntN(3) == 0 {
						c.ok("ChangeMessageVisibility", in)
					} else {
						c.ok("DeleteMessage", in)
					}
				}
			}
		})
	}
	for i := range n / 10 {
		batch := make([]string, 10)
		for j := range batch {
			batch[j] = fmt.Sprint(i*10 + j)
		}
		if err := s.Send("q", batch...); err != nil {
			t.Error(err)
		}
	}
	clients.Wait()
	if got := state(t, s); got.Sent != n || got.Deleted != n || got.Visible+got.InFlight != 0 || got.MostInFlight > 80 || got.Receives < n || got.MostReceives < 2 {
		t.Errorf("%+v", got)
	}
}
