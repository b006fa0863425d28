package sqs

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// publisherTo returns a publisher that calls a server directly; it is closed with
// the test.
func publisherTo(t *testing.T, s *sqstest.Server) *Publisher {
	t.Helper()
	p, err := NewPublisher(SinkConfig{Protocol: protocolJSON}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	p.load = func(context.Context) (*awsapi.Caller, error) { return callerOf(t, s, direct{s}), nil }
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func parcels(bodies ...string) (list []*message.Message) {
	for _, body := range bodies {
		list = append(list, message.NewMessage("id-"+body[:min(len(body), 5)], []byte(body)))
	}
	return list
}

func TestSettingsThatAreNotThePublishersDoNotCount(t *testing.T) {
	x := exprOf(t, "body.a")
	p, err := NewPublisher(SinkConfig{Queue: "https://a:b@c/d", QueueFrom: x, MaxQueues: -1, Group: x, Deduplication: x, Label: true}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	_ = p.Close()
}

func TestNothingIsSentWhenAMessageCannotBe(t *testing.T) {
	for _, fifo := range []string{"", "true"} {
		bubble(t, func(t *testing.T) {
			own := map[string]string{}
			if fifo != "" {
				own["FifoQueue"] = fifo
			}
			s, name := newServer(t, sqstest.Options{}, own)
			p := publisherTo(t, s)
			err := p.Publish(name, parcels("a", "b", "bad\x00", "c")...)
			if err == nil || !strings.Contains(err.Error(), "message id-bad") {
				t.Error(err)
			}
			if n := s.Calls()["SendMessageBatch"]; n != 0 {
				t.Errorf("%d requests", n)
			}
			if err := p.Publish(name, parcels("a", "b")...); err != nil {
				t.Error(err)
			}
			if err := p.Publish(name); err != nil {
				t.Error(err)
			}
		})
	}
}

// slowly has the first queue that is looked for found after twenty seconds.
func slowly(c sqstest.Call) *sqstest.Fault {
	if c.Action == "GetQueueUrl" && c.Number == 1 {
		return &sqstest.Fault{Delay: 20 * time.Second}
	}
	return nil
}

func TestQueueThatIsLookedForKeepsNobodyElseWaiting(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, _ := newServer(t, sqstest.Options{Intercept: slowly}, nil)
		if _, err := s.CreateQueue("slow", nil); err != nil {
			t.Fatal(err)
		}
		p := publisherTo(t, s)
		results := make(chan error, 3)
		for range 2 {
			go func() { results <- p.Publish("slow", parcels("a")...) }()
			synctest.Wait()
		}
		hurried := parcels("b")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		hurried[0].SetContext(ctx)
		start := time.Now()
		if err := p.Publish("q", parcels("c")...); err != nil || time.Since(start) != 0 {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		if err := p.Publish("slow", hurried...); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		if err := errors.Join(<-results, <-results); err != nil {
			t.Error(err)
		}
		if n := s.Calls()["GetQueueUrl"]; n != 2 {
			t.Errorf("%d look-ups", n)
		}
	})
}

func TestQueueThatWasNotThereIsLookedForAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, _ := newServer(t, sqstest.Options{}, nil)
		p := publisherTo(t, s)
		if err := p.Publish("new", parcels("a")...); err == nil || !strings.Contains(err.Error(), "create it first") {
			t.Error(err)
		}
		if _, err := s.CreateQueue("new", nil); err != nil {
			t.Fatal(err)
		}
		if err := p.Publish("new", parcels("a")...); err != nil {
			t.Error(err)
		}
	})
}

func TestCloseDoesNotWaitForAQueueThatIsLookedFor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, _ := newServer(t, sqstest.Options{Intercept: slowly}, nil)
		p := publisherTo(t, s)
		result := make(chan error, 1)
		go func() { result <- p.Publish("q", parcels("a")...) }()
		synctest.Wait()
		start := time.Now()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if err := <-result; err == nil || time.Since(start) != 0 {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		if err := p.Publish("q", parcels("a")...); !errors.Is(err, errPublisherClosed) {
			t.Error(err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestMessageWithoutUUID(t *testing.T) {
	bare := message.NewMessage("", []byte("x"))
	if out, err := outgoingOf(bare, false); err != nil || len(out.attributes) != 0 {
		t.Errorf("%+v, %v", out, err)
	}
	if _, err := outgoingOf(bare, true); err == nil || !strings.Contains(err.Error(), "neither a UUID nor") {
		t.Error(err)
	}
	bare.Metadata.Set(metaDeduplication, "d")
	if out, err := outgoingOf(bare, true); err != nil || out.dedup != "d" || out.group != oneGroup {
		t.Errorf("%+v, %v", out, err)
	}
}
