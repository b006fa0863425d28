package sqs

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

func TestNothingGoesOnAfterClose(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{Intercept: func(c sqstest.Call) *sqstest.Fault {
			if c.Action == "DeleteMessageBatch" {
				return &sqstest.Fault{Status: 500}
			}
			return nil
		}}, nil)
		_ = s.Send(name, "a")
		r := subscribe(t, s, name, nil)
		r.next().Ack()
		time.Sleep(time.Second)
		r.end()
		if err := r.sub.Close(); err == nil {
			t.Error("Close does not say that a message will come again")
		}
		before := r.sub.counts.failed.Value()
		time.Sleep(time.Hour)
		if after := r.sub.counts.failed.Value(); after != before {
			t.Errorf("%d requests failed in the hour after Close", after-before)
		}
	})
}

func TestCloseEndsInTimeWhileRequestsHang(t *testing.T) {
	for _, what := range []string{"extension", "return"} {
		t.Run(what, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s, name := newServer(t, sqstest.Options{Intercept: func(c sqstest.Call) *sqstest.Fault {
					if c.Action == "ChangeMessageVisibilityBatch" {
						return &sqstest.Fault{Delay: time.Hour} // it hangs
					}
					return nil
				}}, map[string]string{"VisibilityTimeout": "30"})
				_ = s.Send(name, "a")
				r := subscribe(t, s, name, nil)
				m := r.next()
				if what == "extension" {
					time.Sleep(16 * time.Second)
				} else {
					close(r.flow)
					m.Nack()
					time.Sleep(100 * time.Millisecond)
				}
				began := time.Now()
				r.end()
				_ = r.sub.Close()
				if took := time.Since(began); took > 9*time.Second {
					t.Errorf("Close took %s", took)
				}
			})
		})
	}
}

func TestDeletesThatWaitAreTriedAtClose(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var healthy atomic.Bool
		s, name := newServer(t, sqstest.Options{Intercept: func(c sqstest.Call) *sqstest.Fault {
			if c.Action == "DeleteMessageBatch" && !healthy.Load() {
				return &sqstest.Fault{Code: "ThrottlingException", Status: 400}
			}
			return nil
		}}, map[string]string{"VisibilityTimeout": "600"})
		_ = s.Send(name, "a")
		r := subscribe(t, s, name, nil)
		r.next().Ack()
		n := 0
		for n < 9 {
			time.Sleep(10 * time.Millisecond)
			n = s.Calls()["DeleteMessageBatch"]
		}
		healthy.Store(true)
		time.Sleep(time.Second)
		r.end()
		err := r.sub.Close()
		state, _ := s.Queue(name)
		if err != nil || state.Deleted != 1 || s.Calls()["DeleteMessageBatch"] == n {
			t.Errorf("service healthy again for a second; %d delete calls after Close began; %v; %+v", s.Calls()["DeleteMessageBatch"]-n, err, state)
		}
		time.Sleep(time.Minute)
	})
}

func TestThousandsOfHeldMessagesGoBackFromFarAway(t *testing.T) {
	const messages, away = 5_000, 500 * time.Millisecond
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{Intercept: func(sqstest.Call) *sqstest.Fault {
			return &sqstest.Fault{Delay: away}
		}}, map[string]string{"VisibilityTimeout": "600"})
		for n := range messages {
			_ = s.Send(name, parcelEvent(n, 500))
		}
		rig := flowtest.Start(t, reordering, flowtest.Options{Catalog: flowOn(t, s)})
		time.Sleep(2 * time.Minute)
		if err := rig.Stop(); err != nil {
			t.Error(err)
		}
		if state, _ := s.Queue(name); state.Visible != messages {
			t.Errorf("%d of %d are visible after the stop", state.Visible, messages)
		}
	})
}
