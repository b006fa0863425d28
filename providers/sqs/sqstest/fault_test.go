package sqstest_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// faulty is a server on which one action goes wrong, and a handle of a message of
// its queue that is in flight.
func faulty(t *testing.T, action string, f *sqstest.Fault, o sqstest.Options) (*sqstest.Server, *client, any) {
	t.Helper()
	o.Intercept = func(call sqstest.Call) *sqstest.Fault {
		if call.Action == action && call.Number > 1 {
			return f
		}
		return nil
	}
	s, c := withQueue(t, o, map[string]string{"VisibilityTimeout": "43200"}, "x", "y")
	handle := c.messages("MaxNumberOfMessages", 1)[0]["ReceiptHandle"]
	if action != "ReceiveMessage" {
		c.call(action, map[string]any{"QueueUrl": s.QueueURL("q"), "ReceiptHandle": "none"})
	}
	return s, c, handle
}

func TestFaults(t *testing.T) {
	for _, test := range []struct {
		name, action      string
		fault             sqstest.Fault
		status            int // 0: no answer
		inFlight, visible int
	}{
		{"a delete that is dropped does nothing", "DeleteMessage", sqstest.Fault{Drop: true}, 0, 1, 1},
		{"a delete whose answer is lost has deleted", "DeleteMessage", sqstest.Fault{Drop: true, Work: true}, 0, 0, 1},
		{"a delete that fails does nothing", "DeleteMessage", sqstest.Fault{Status: 500}, 500, 1, 1},
		{"a delete that says it fails has deleted", "DeleteMessage", sqstest.Fault{Status: 500, Work: true}, 500, 0, 1},
		{"a code has a status", "DeleteMessage", sqstest.Fault{Code: "ServiceUnavailable"}, 503, 1, 1},
		{"a receive that is dropped takes nothing", "ReceiveMessage", sqstest.Fault{Drop: true}, 0, 1, 1},
		{"a receive whose answer is lost has taken its messages", "ReceiveMessage", sqstest.Fault{Drop: true, Work: true}, 0, 2, 0},
		{"no fault is none", "ReceiveMessage", sqstest.Fault{}, 200, 2, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, c, handle := faulty(t, test.action, &test.fault, sqstest.Options{})
			a, err := c.try(test.action, map[string]any{"QueueUrl": s.QueueURL("q"), "ReceiptHandle": handle})
			if (err != nil) != (test.status == 0) || a.status != test.status {
				t.Errorf("answered %d %s, %v", a.status, a.body, err)
			}
			if got := state(t, s); got.InFlight != test.inFlight || got.Visible != test.visible {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestFaultDelays(t *testing.T) {
	clock := flowtest.NewClock()
	s, c, _ := faulty(t, "ReceiveMessage", &sqstest.Fault{Delay: 5 * time.Second}, sqstest.Options{Clock: clock})
	received := make(chan int)
	go func() { received <- len(c.messages()) }()
	eventually(t, "the call", func() bool { return s.Calls()["ReceiveMessage"] == 2 })
	if got := state(t, s); got.Visible != 1 {
		t.Errorf("before: %+v", got)
	}
	eventually(t, "the delay", func() bool { return clock.Pending() == 1 })
	clock.Advance(5 * time.Second)
	if n := <-received; n != 1 {
		t.Errorf("received %d", n)
	}
}

func TestPollThatWasGivenUpTakesNothing(t *testing.T) {
	s, c := withQueue(t, sqstest.Options{Clock: flowtest.NewClock()}, nil)
	for range 3 {
		leave(t, c, func() bool { return state(t, s).Pollers == 1 })
		eventually(t, "no poller", func() bool { return state(t, s).Pollers == 0 })
	}
	_ = s.Send("q", "x")
	if m := s.Messages("q")[0]; m.State != "visible" || m.Receives != 0 {
		t.Errorf("%+v", m)
	}
}

func TestDelayedReceiveThatWasGivenUpTakesNothing(t *testing.T) {
	delay := &sqstest.Fault{Delay: time.Hour}
	s, c := withQueue(t, sqstest.Options{Clock: flowtest.NewClock(), Intercept: func(sqstest.Call) *sqstest.Fault { return delay }}, nil, "x")
	leave(t, c, func() bool { return s.Calls()["ReceiveMessage"] == 1 })
	s.Close() // until the call has ended
	if m := s.Messages("q")[0]; m.State != "visible" || m.Receives != 0 {
		t.Errorf("%+v", m)
	}
}

// deafWriter is a connection that breaks while the answer is written.
type deafWriter struct{ header http.Header }

func (w deafWriter) Header() http.Header       { return w.header }
func (w deafWriter) WriteHeader(int)           {}
func (w deafWriter) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestAnswerThatCannotBeWrittenTakesNothing(t *testing.T) {
	for _, name := range []string{"q", "q.fifo"} {
		s := sqstest.New(t, sqstest.Options{Clock: flowtest.NewClock()})
		if _, err := s.CreateQueue(name, nil); err != nil {
			t.Fatal(err)
		}
		_ = s.Send(name, "1", "2", "3")
		q := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"QueueUrl":"`+name+`","MaxNumberOfMessages":2}`))
		q.Header.Set("X-Amz-Target", "AmazonSQS.ReceiveMessage")
		s.ServeHTTP(deafWriter{http.Header{}}, q)
		if got, _ := s.Queue(name); got.Visible != 3 || got.InFlight != 0 {
			t.Errorf("%s: %+v", name, got)
		}
		order := ""
		c := newClient(t, s)
		for _, m := range messagesOf(c.ok("ReceiveMessage", map[string]any{"QueueUrl": name, "MaxNumberOfMessages": 10, "AttributeNames": []string{"All"}})) {
			order += m["Body"].(string)
			if count := m["Attributes"].(map[string]any)["ApproximateReceiveCount"]; count != "1" {
				t.Errorf("%s: receive count %v", name, count)
			}
		}
		if order != "123" {
			t.Errorf("%s: order %s", name, order)
		}
	}
}

// leave begins a long poll and gives it up once it is there.
func leave(t *testing.T, c *client, isThere func() bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	body, _ := json.Marshal(map[string]any{"QueueUrl": c.s.QueueURL("q"), "WaitTimeSeconds": 20})
	q, _ := http.NewRequestWithContext(ctx, http.MethodPost, c.s.URL, strings.NewReader(string(body)))
	q.Header.Set("X-Amz-Target", "AmazonSQS.ReceiveMessage")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if a, err := c.do(q); err == nil {
			t.Errorf("the poll was answered: %s", a.body)
		}
	}()
	eventually(t, "the poll", isThere)
	cancel()
	<-ended
}

func TestInterceptSeesTheCall(t *testing.T) {
	calls := make(chan sqstest.Call, 10)
	s, c := withQueue(t, sqstest.Options{Intercept: func(call sqstest.Call) *sqstest.Fault { calls <- call; return nil }}, nil, "x")
	c.messages()
	c.form(s.QueueURL("q"), "Action", "DeleteMessageBatch", "DeleteMessageBatchRequestEntry.1.Id", "a", "DeleteMessageBatchRequestEntry.2.Id", "b")
	for _, want := range []sqstest.Call{
		{Protocol: sqstest.JSON, Action: "ReceiveMessage", Queue: "q", Messages: 1, Number: 1},
		{Protocol: sqstest.Query, Action: "DeleteMessageBatch", Queue: "q", Messages: 2, Number: 1},
	} {
		if got := <-calls; got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}
