package sqs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// failing has calls of an action answered with a fault, as long as it says.
func failing(action string, fault sqstest.Fault, times int) func(sqstest.Call) *sqstest.Fault {
	return func(c sqstest.Call) *sqstest.Fault {
		if c.Action == action && c.Number <= times {
			return &fault
		}
		return nil
	}
}

func TestSinkWithoutItsQueueDoesNotStart(t *testing.T) {
	for name, c := range map[string]struct {
		options sqstest.Options
		queue   string
		why     string
	}{
		"missing":     {sqstest.Options{}, "other", "create it first"},
		"missing ARN": {sqstest.Options{}, "arn:aws:sqs:us-east-1:000000000000:other", "create it first"},
		"missing URL": {sqstest.Options{}, "http://sqs.test/000000000000/other", "create it first"},
		"denied":      {sqstest.Options{Deny: []string{"GetQueueUrl"}}, "q", "rights"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s, _ := newServer(t, c.options, nil)
				err := unstarted(t, s, sinkConfig(c.queue, nil)).start(t.Context())
				if err == nil || !strings.Contains(err.Error(), c.why) || !strings.Contains(err.Error(), "queue") {
					t.Error(err)
				}
				if s.Calls()["CreateQueue"] != 0 {
					t.Error("it was created")
				}
			})
		})
	}
}

func TestSinkStartsWithoutWhatItNeedNotHave(t *testing.T) {
	for name, o := range map[string]sqstest.Options{
		"settings denied":  {Deny: []string{"GetQueueAttributes"}},
		"settings unknown": {Actions: []string{"GetQueueUrl", "SendMessageBatch"}},
		"no network":       {Intercept: failing("GetQueueUrl", sqstest.Fault{Drop: true}, 1)},
		"trouble":          {Intercept: failing("GetQueueAttributes", sqstest.Fault{Status: 500}, 1)},
		"no look-up":       {Actions: []string{"SendMessageBatch"}, OnlyQueue: "q"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var s *sqstest.Server
				if o.OnlyQueue == "" {
					s, _ = newServer(t, o, nil)
				} else {
					var err error
					if s, err = sqstest.Handler(o); err != nil {
						t.Fatal(err)
					}
					t.Cleanup(s.Close)
				}
				k := sinkTo(t, s, sinkConfig("q", nil))
				if err := k.deliver(t.Context(), eventsOf("a")[0]); err != nil {
					t.Error(err)
				}
				if state, _ := s.Queue("q"); state.Sent != 1 {
					t.Errorf("%d messages", state.Sent)
				}
			})
		})
	}
}

func TestQueueThatCannotBeFoundNowIsLookedForAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{Intercept: failing("GetQueueUrl", sqstest.Fault{Status: 503}, 2)}, nil)
		k := sinkTo(t, s, sinkConfig(name, nil))
		errs := deliverAll(t.Context(), k, eventsOf("a")...)
		if errs[0] == nil || pipeline.Rejected(errs[0]) {
			t.Error(errs[0])
		}
		if err := errors.Join(deliverAll(t.Context(), k, eventsOf("a", "b", "c")...)...); err != nil {
			t.Error(err)
		}
		if n := s.Calls()["GetQueueUrl"]; n != 3 {
			t.Errorf("%d look-ups", n)
		}
	})
}

func TestLimitOfTheQueueItself(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{}, map[string]string{"MaximumMessageSize": "1024"})
		k := sinkTo(t, s, sinkConfig(name, nil))
		err := k.deliver(t.Context(), eventsOf(strings.Repeat("x", 1100))[0])
		if !pipeline.Rejected(err) || s.Calls()["SendMessageBatch"] != 0 || !strings.Contains(err.Error(), "MaximumMessageSize of queue") || !strings.Contains(err.Error(), "1024") {
			t.Errorf("%v, %v", err, s.Calls())
		}
	})
}

func TestRaisedLimitOfTheQueueIsNoticed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		own := map[string]string{"MaximumMessageSize": "1024"}
		f := &fakeQueue{answer: func([]*outgoing) (map[int]*entryError, error) { return nil, nil }}
		f.own = func() (map[string]string, error) { return own, nil }
		k := sinkToFake(t, f, nil)
		if err := k.queues.fixed.learn(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		big := eventsOf(strings.Repeat("x", 1100))[0]
		if err := k.deliver(t.Context(), big); !pipeline.Rejected(err) {
			t.Error(err)
		}
		own = map[string]string{"MaximumMessageSize": "2048"}
		time.Sleep(time.Minute) // virtual
		if err := k.deliver(t.Context(), big); err != nil {
			t.Error(err)
		}
		f.own = func() (map[string]string, error) { return nil, errors.New("connection reset") }
		time.Sleep(time.Minute) // virtual
		if err := k.deliver(t.Context(), eventsOf(strings.Repeat("x", 3000))[0]); err == nil || pipeline.Rejected(err) {
			t.Error(err)
		}
	})
}

func TestChosenQueueThatMayNotBeLookedForIsTheFaultOfTheEvent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		denied := true
		s, _ := newServer(t, sqstest.Options{Intercept: func(c sqstest.Call) *sqstest.Fault {
			if c.Action == "GetQueueUrl" && denied {
				return &sqstest.Fault{Code: "AccessDenied", Status: 403}
			}
			return nil
		}}, nil)
		k := sinkTo(t, s, choosing(t, "", 2))
		for i := range 5 {
			err := k.deliver(t.Context(), eventsOf(fmt.Sprintf(`{"to":"none%d"}`, i))[0])
			if !pipeline.Rejected(err) || !strings.Contains(err.Error(), "no right to") {
				t.Error(err)
			}
		}
		denied = false
		if err := k.deliver(t.Context(), eventsOf(`{"to":"q"}`)[0]); err != nil {
			t.Error(err)
		}
	})
}

// Credentials of which nothing is known say nothing about a queue.
func TestNamesThatWereNeverFoundLeaveRoomForOthers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, _ := newServer(t, sqstest.Options{Intercept: failing("GetQueueUrl", sqstest.Fault{Code: "InvalidClientTokenId", Status: 403}, 3)}, nil)
		k := sinkTo(t, s, choosing(t, "", 2))
		for i := range 3 {
			if err := k.deliver(t.Context(), eventsOf(fmt.Sprintf(`{"to":"none%d"}`, i))[0]); err == nil || pipeline.Rejected(err) || strings.Contains(err.Error(), "max_queues") {
				t.Error(err)
			}
		}
		if err := k.deliver(t.Context(), eventsOf(`{"to":"q"}`)[0]); err != nil || len(k.queues.chosen.All()) != 1 {
			t.Error(err, len(k.queues.chosen.All()))
		}
	})
}

func TestCloseWaitsForQueuesThatAreForgotten(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, _ := newServer(t, sqstest.Options{Intercept: failing("SendMessageBatch", sqstest.Fault{Delay: time.Second}, 1)}, nil)
		k := sinkTo(t, s, choosing(t, "", 2))
		settled := make(chan error, 1)
		go func() { settled <- k.deliver(t.Context(), eventsOf(`{"to":"q"}`)[0]) }()
		synctest.Wait()
		for _, chosen := range k.queues.chosen.All() {
			k.queues.chosen.Forget(chosen)
		}
		_ = k.close()
		synctest.Wait()
		select {
		case err := <-settled:
			if err != nil {
				t.Error(err)
			}
		default:
			t.Error("an event is still at its queue")
		}
		if len(k.queues.chosen.All()) != 0 {
			t.Error("the queue is kept")
		}
	})
}

func choosing(t *testing.T, queue string, most int) SinkConfig {
	return sinkConfig(queue, func(c *SinkConfig) { c.QueueFrom, c.MaxQueues = exprOf(t, "body.to"), most })
}

func TestEventsChooseTheirQueue(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, _ := newServer(t, sqstest.Options{}, nil)
		for _, name := range []string{"a", "b", "c.fifo"} {
			if _, err := s.CreateQueue(name, map[string]string{"FifoQueue": fmt.Sprint(strings.HasSuffix(name, "fifo"))}); err != nil {
				t.Fatal(err)
			}
		}
		k := sinkTo(t, s, choosing(t, "q", 10))
		if err := errors.Join(deliverAll(t.Context(), k, eventsOf(`{"to":"a"}`, `{"to":"b"}`, `{"to":"b"}`, `{"to":"c.fifo"}`, `{}`, `{"to":null}`, `{"to":"q"}`)...)...); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]int{"a": 1, "b": 2, "c.fifo": 1, "q": 3} {
			if state, _ := s.Queue(name); state.Sent != want {
				t.Errorf("%s: %d messages", name, state.Sent)
			}
		}
		if n := s.Calls()["GetQueueUrl"]; n != 4 {
			t.Errorf("%d look-ups", n)
		}
	})
}

func TestHostileNamesGoNowhere(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, _ := newServer(t, sqstest.Options{}, nil)
		k := sinkTo(t, s, choosing(t, "", 10))
		calls := len(s.Calls())
		for _, name := range []string{"https://evil.example/q", "arn:aws:sqs:us-east-1:1:q", "../q", "q/x", "a b", "é", "", ".fifo", "q.fifo.fifo", strings.Repeat("q", 81), "q\n", `a"b`} {
			e := pipeline.NewEvent("1", []byte("{}"))
			if err := e.Set(pipeline.MustPath("body.to"), name); err != nil {
				t.Fatal(err)
			}
			if err := k.deliver(t.Context(), e); !pipeline.Rejected(err) || len(err.Error()) > 300 {
				t.Errorf("%q: %v", name, err)
			}
		}
		if len(s.Calls()) != calls {
			t.Errorf("calls %v", s.Calls())
		}
	})
}

func TestQueueThatDoesNotExistIsTheFaultOfTheEventThatChoseIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, _ := newServer(t, sqstest.Options{}, nil)
		k := sinkTo(t, s, choosing(t, "", 3))
		for i := range 20 {
			e := pipeline.NewEvent("1", fmt.Appendf(nil, `{"to":"none%d"}`, i))
			if err := k.deliver(t.Context(), e); !pipeline.Rejected(err) || !strings.Contains(err.Error(), "create it first") {
				t.Fatal(err)
			}
		}
		if len(k.queues.chosen.All()) != 0 || s.Calls()["CreateQueue"] != 0 {
			t.Errorf("%d queues are known, %v", len(k.queues.chosen.All()), s.Calls())
		}
		if err := k.deliver(t.Context(), eventsOf(`{"to":"q"}`)[0]); err != nil {
			t.Error(err)
		}
	})
}

func TestNoMoreQueuesThanAllowed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, _ := newServer(t, sqstest.Options{}, nil)
		for _, name := range []string{"a", "b", "c"} {
			if _, err := s.CreateQueue(name, nil); err != nil {
				t.Fatal(err)
			}
		}
		k := sinkTo(t, s, choosing(t, "", 2))
		errs := []error{}
		for _, to := range []string{"a", "b", "c", "a"} {
			errs = append(errs, k.deliver(t.Context(), eventsOf(`{"to":"` + to + `"}`)[0]))
		}
		if errs[0] != nil || errs[1] != nil || !pipeline.Rejected(errs[2]) || !strings.Contains(errs[2].Error(), "max_queues") || errs[3] != nil {
			t.Error(errs)
		}
	})
}

func TestNoRoomAsLongAsOthersAreLookedForIsNotForGood(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, _ := newServer(t, sqstest.Options{Intercept: failing("GetQueueUrl", sqstest.Fault{Delay: time.Second}, 2)}, nil)
		k := sinkTo(t, s, choosing(t, "", 2))
		errs := deliverAll(t.Context(), k, eventsOf(`{"to":"none1"}`, `{"to":"none2"}`, `{"to":"q"}`)...)
		rejected := 0
		for _, err := range errs {
			if pipeline.Rejected(err) {
				rejected++
			}
		}
		if rejected > 2 || errs[2] != nil && pipeline.Rejected(errs[2]) {
			t.Error(errs)
		}
		if err := k.deliver(t.Context(), eventsOf(`{"to":"q"}`)[0]); err != nil {
			t.Error(err)
		}
	})
}

func TestChosenQueueThatIsDeletedIsLookedForAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, _ := newServer(t, sqstest.Options{Intercept: failing("SendMessageBatch", sqstest.Fault{Code: "AWS.SimpleQueueService.NonExistentQueue", Status: 400}, 1)}, nil)
		k := sinkTo(t, s, choosing(t, "", 2))
		e := eventsOf(`{"to":"q"}`)[0]
		if err := k.deliver(t.Context(), e); err == nil || pipeline.Rejected(err) {
			t.Error(err)
		}
		if err := k.deliver(t.Context(), e); err != nil || s.Calls()["GetQueueUrl"] != 2 {
			t.Errorf("%v, %v", err, s.Calls())
		}
	})
}

func TestSettingsOfTheSinkThatCannotWork(t *testing.T) {
	x := exprOf(t, "body.a")
	many := map[string]pipeline.Expr{}
	for i := range 10 {
		many[fmt.Sprint("a", i)] = x
	}
	named := func(name string) func(*SinkConfig) {
		return func(c *SinkConfig) { c.Attributes = map[string]pipeline.Expr{name: x} }
	}
	for want, change := range map[string]func(*SinkConfig){
		"queue: is required":           func(c *SinkConfig) { c.Queue = "" },
		"queue: not the URL":           func(c *SinkConfig) { c.Queue = "https://a:b@c/d" },
		"max_queues":                   func(c *SinkConfig) { c.MaxQueues = 0 },
		"protocol":                     func(c *SinkConfig) { c.Protocol = "xml" },
		"deduplication: needs a FIFO":  func(c *SinkConfig) { c.Deduplication = x },
		"max_size":                     func(c *SinkConfig) { c.MaxSize = 2 << 20 },
		"batch_wait":                   func(c *SinkConfig) { c.BatchWait = -1 },
		"max_requests":                 func(c *SinkConfig) { c.MaxRequests = 0 },
		"timeout":                      func(c *SinkConfig) { c.Timeout = 0 },
		"endpoint":                     func(c *SinkConfig) { c.Endpoint = "x" },
		"attributes: has 10":           func(c *SinkConfig) { c.Attributes = many },
		"is set by leat itself":        named("leat"),
		`"AWS.x" cannot be`:            named("AWS.x"),
		"attributes: a has no express": func(c *SinkConfig) { c.Attributes = map[string]pipeline.Expr{"a": {}} },
	} {
		err := sinkConfig("q", change).Validate()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	for name, change := range map[string]func(*SinkConfig){
		"defaults":      nil,
		"ten unlabeled": func(c *SinkConfig) { c.Attributes, c.Label = many, false },
		"leat":          func(c *SinkConfig) { c.Label = false; named("leat")(c) },
		"chosen":        func(c *SinkConfig) { c.Queue, c.QueueFrom, c.Deduplication = "", x, x },
		"fifo":          func(c *SinkConfig) { c.Queue, c.Deduplication = "arn:aws:sqs:eu-west-1:1:q.fifo", x },
	} {
		if err := sinkConfig("q", change).Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSinkFindsTheRegionInTheNameOfItsQueue(t *testing.T) {
	t.Setenv("AWS_REGION", "us-west-2")
	for queue, want := range map[string]string{"q": "us-west-2", "arn:aws:sqs:eu-west-1:1:q": "eu-west-1", "https://sqs.eu-north-1.amazonaws.com/1/q": "eu-north-1"} {
		k := newSink(sinkConfig(queue, func(c *SinkConfig) { c.AccessKeyID = "x" }), pipeline.System, quiet)
		caller, err := k.load(context.Background())
		if err != nil || caller.Region != want {
			t.Errorf("%s: %v, %v", queue, caller, err)
		}
		_ = k.close()
	}
}
