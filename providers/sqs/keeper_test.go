package sqs

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/leat-io/leat/providers/sqs/sqstest"
)

func TestOneRefusalDoesNotEndExtensions(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{Intercept: func(c sqstest.Call) *sqstest.Fault {
			if c.Action == "ChangeMessageVisibilityBatch" && c.Number == 1 {
				return &sqstest.Fault{Code: "AccessDenied", Status: 403}
			}
			return nil
		}}, map[string]string{"VisibilityTimeout": "30"})
		_ = s.Send(name, "a")
		r := subscribe(t, s, name, nil)
		m := r.next()
		r.none(time.Hour)
		if n := s.Messages(name)[0].Receives; n > 3 {
			t.Errorf("received %d times after a single refused request", n)
		}
		m.Ack()
		r.close()
	})
}

func TestAFailedExtensionIsTriedAgainInTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var failed atomic.Bool
		s, name := newServer(t, sqstest.Options{Intercept: func(c sqstest.Call) *sqstest.Fault {
			if c.Action == "ChangeMessageVisibilityBatch" && !failed.Swap(true) {
				return &sqstest.Fault{Delay: 2 * time.Second, Status: 500}
			}
			return nil
		}}, map[string]string{"VisibilityTimeout": "30"})
		r := subscribe(t, s, name, nil)
		_ = s.Send(name, "a")
		r.next()
		go func() {
			for range 200 { // held messages come all the time
				_ = s.Send(name, "x")
				time.Sleep(500 * time.Millisecond)
			}
		}()
		go func() {
			for range r.out {
			}
		}()
		time.Sleep(90 * time.Second)
		for _, m := range s.Messages(name) {
			if m.Receives > 1 {
				t.Errorf("%s was received %d times after one extension failed once", m.Body, m.Receives)
			}
		}
		time.Sleep(time.Minute)
		r.end()
		_ = r.sub.Close()
	})
}

func TestAnExtensionDoesNotOvertakeANack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{Intercept: func(c sqstest.Call) *sqstest.Fault {
			if c.Action == "ChangeMessageVisibilityBatch" && c.Number == 1 {
				return &sqstest.Fault{Delay: 2 * time.Second}
			}
			return nil
		}}, map[string]string{"VisibilityTimeout": "43200"})
		_ = s.Send(name, "a")
		r := subscribe(t, s, name, func(c *SourceConfig) { c.ReturnAfter.Min, c.ReturnAfter.Max = 5*time.Second, 5*time.Second })
		m := r.next()
		time.Sleep(6*time.Hour + time.Second)
		m.Nack()
		select {
		case <-r.out:
		case <-time.After(time.Hour):
			t.Errorf("nacked, and not there after an hour; return_after is 5s")
		}
		r.end()
		_ = r.sub.Close()
	})
}

func TestANewerMessageOfAGroupDoesNotOvertakeThoseThatComeAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{}, map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true", "VisibilityTimeout": "5"})
		_ = s.Send(name, "1", "2", "3")
		r := subscribe(t, s, name, func(c *SourceConfig) { c.Extend = false })
		m1 := r.next()
		_ = s.Send(name, "4")
		select {
		case m := <-r.out:
			t.Errorf("%s was given out while 1 is worked on and 2, 3 have not been given out", m.Payload)
			m.Ack()
		case <-time.After(time.Minute):
		}
		m1.Ack()
		for range 3 {
			select {
			case m := <-r.out:
				t.Logf("then %s", m.Payload)
				m.Ack()
			case <-time.After(time.Minute):
			}
		}
		r.close()
	})
}
