package sqs

import (
	"bytes"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

func TestADeleteIsTriedUntilItSucceeds(t *testing.T) {
	for _, fault := range []sqstest.Fault{
		{Drop: true}, {Drop: true, Work: true}, {Status: 500}, {Status: 503, Work: true}, {Code: "ThrottlingException", Status: 400}, {Code: "AccessDenied", Status: 403},
	} {
		bubble(t, func(t *testing.T) {
			s, name := newServer(t, sqstest.Options{Intercept: func(c sqstest.Call) *sqstest.Fault {
				if c.Action == "DeleteMessageBatch" && c.Number <= 5 {
					return &fault
				}
				return nil
			}}, nil)
			_ = s.Send(name, "a")
			r := subscribe(t, s, name, nil)
			r.next().Ack()
			r.none(time.Hour)
			if state, _ := s.Queue(name); state.Deleted != 1 {
				t.Errorf("%+v: not deleted", fault)
			}
			r.close()
		})
	}
}

func TestAMessageThatComesAgainWhileItIsDeletedIsDeletedByItsNewReceipt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{NewestHandleDeletes: true, Intercept: func(c sqstest.Call) *sqstest.Fault {
			if c.Action == "DeleteMessageBatch" && c.Number == 1 {
				return &sqstest.Fault{Delay: 10 * time.Second} // longer than the message is invisible
			}
			return nil
		}}, map[string]string{"VisibilityTimeout": "4"})
		_ = s.Send(name, "a")
		r := subscribe(t, s, name, nil)
		r.next().Ack()
		r.none(time.Hour)
		if state, _ := s.Queue(name); state.Deleted != 1 {
			t.Errorf("not deleted: %+v", s.Messages(name))
		}
		r.close()
	})
}

func TestWithoutTheRightToExtendAMessageIsStillDeliveredOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{Deny: []string{"ChangeMessageVisibilityBatch"}}, nil)
		_ = s.Send(name, "a")
		var said bytes.Buffer
		r := subscribe(t, s, name, nil)
		r.sub.log = slog.New(slog.NewTextHandler(&said, nil))
		m := r.next()
		r.none(10 * time.Minute)
		if n := s.Messages(name)[0].Receives; n < 10 {
			t.Errorf("received %d times: the server did not model a visibility timeout", n)
		}
		m.Ack()
		time.Sleep(time.Second)
		if state, _ := s.Queue(name); state.Deleted != 1 {
			t.Error("not deleted by its newest receipt")
		}
		if n := strings.Count(said.String(), "sqs:ChangeMessageVisibility"); n != 1 {
			t.Errorf("said %d times what right is missing:\n%s", n, &said)
		}
		r.close()
	})
}

func TestTheBarestRightsAreEnough(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{Actions: []string{"ReceiveMessage", "DeleteMessageBatch", "GetQueueUrl"}}, nil)
		for i := range 20 {
			_ = s.Send(name, strconv.Itoa(i))
		}
		r := subscribe(t, s, name, nil)
		for range 20 {
			r.next().Ack()
		}
		time.Sleep(time.Second)
		if state, _ := s.Queue(name); state.Deleted != 20 {
			t.Errorf("%+v", state)
		}
		r.close()
	})
}

func TestPollersGrowWithTheBacklogAndShrinkWithout(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{Intercept: func(sqstest.Call) *sqstest.Fault {
			return &sqstest.Fault{Delay: 10 * time.Millisecond}
		}}, nil)
		for i := range 20_000 {
			_ = s.Send(name, strconv.Itoa(i))
		}
		r := subscribe(t, s, name, nil)
		began := time.Now()
		most := 0
		for range 20_000 {
			r.next().Ack()
			r.sub.subs[0].pollers.mu.Lock()
			most = max(most, r.sub.subs[0].pollers.running)
			r.sub.subs[0].pollers.mu.Unlock()
		}
		if took := time.Since(began); took > 1500*time.Millisecond {
			t.Errorf("20,000 messages took %s of virtual time: %d pollers at most", took, most)
		}
		r.none(20 * time.Minute)
		if state, _ := s.Queue(name); state.Pollers != 1 {
			t.Errorf("%d pollers wait at an empty queue", state.Pollers)
		}
		r.close()
	})
}

func TestThrottlingIsWaitedOutAndCounted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var mu sync.Mutex
		throttled := true
		s, name := newServer(t, sqstest.Options{Intercept: func(c sqstest.Call) *sqstest.Fault {
			mu.Lock()
			defer mu.Unlock()
			if throttled && c.Action == "ReceiveMessage" {
				return &sqstest.Fault{Code: "RequestThrottled", Status: http.StatusForbidden}
			}
			return nil
		}}, nil)
		_ = s.Send(name, "a")
		r := subscribe(t, s, name, nil)
		r.none(10 * time.Minute)
		if n := s.Calls()["ReceiveMessage"]; n > 60 {
			t.Errorf("%d requests in ten minutes of throttling", n)
		}
		if r.sub.counts.throttle.Value() == 0 {
			t.Error("not counted")
		}
		mu.Lock()
		throttled = false
		mu.Unlock()
		r.next().Ack()
		r.close()
	})
}

func TestAQueueThatDoesNotExistIsNotCreated(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, _ := newServer(t, sqstest.Options{}, nil)
		for _, name := range []string{"nowhere", s.QueueURL("nowhere"), "arn:aws:sqs:us-east-1:000000000000:nowhere"} {
			sub := newSubscriber(Source.Defaults.(SourceConfig), pipeline.System, quiet)
			openDirectly(t, sub, s, direct{s})
			_, err := sub.Subscribe(t.Context(), name)
			if err == nil || !strings.Contains(err.Error(), "does not exist") && !strings.Contains(err.Error(), "NonExistentQueue") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := s.Calls()["CreateQueue"]; n != 0 {
			t.Errorf("CreateQueue was called %d times", n)
		}
		synctest.Wait()
	})
}

func TestALowReceiveLimitIsWarnedOf(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, _ := newServer(t, sqstest.Options{}, nil)
		if _, err := s.CreateQueue("dead", nil); err != nil {
			t.Fatal(err)
		}
		for limit, want := range map[int]bool{3: true, 10: false} {
			name := "limit" + strconv.Itoa(limit)
			policy := `{"deadLetterTargetArn":"` + s.QueueARN("dead") + `","maxReceiveCount":` + strconv.Itoa(limit) + `}`
			if _, err := s.CreateQueue(name, map[string]string{"RedrivePolicy": policy}); err != nil {
				t.Fatal(err)
			}
			var said bytes.Buffer
			sub := newSubscriber(Source.Defaults.(SourceConfig), pipeline.System, slog.New(slog.NewTextHandler(&said, nil)))
			openDirectly(t, sub, s, direct{s})
			if _, err := sub.open(t.Context(), name); err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(said.String(), "maxReceiveCount"); got != want {
				t.Errorf("limit %d: said %q", limit, &said)
			}
		}
	})
}
