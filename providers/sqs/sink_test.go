package sqs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

func exprOf(t testing.TB, text string) pipeline.Expr {
	t.Helper()
	x, err := pipeline.ParseExpr(text)
	if err != nil {
		t.Fatal(err)
	}
	return *x
}

func TestMessageIsThePayloadWithALabel(t *testing.T) {
	for _, protocol := range []string{protocolJSON, protocolQuery, protocolAuto} {
		bubble(t, func(t *testing.T) {
			o := sqstest.Options{}
			if protocol != protocolJSON {
				o.Protocols = sqstest.Query
			}
			s, name := newServer(t, o, nil)
			k := sinkTo(t, s, sinkConfig(name, func(c *SinkConfig) {
				c.Protocol = protocol
				c.Attributes = map[string]pipeline.Expr{"shop": exprOf(t, `meta["sns.shopId"]`), "no": exprOf(t, "body.missing"), "kind": exprOf(t, "type")}
			}))
			e := pipeline.NewEvent("id 1", []byte(`{"a": 1.0, "b": "<é&\u0000😀>"}`))
			e.Key, e.Type, e.Time = "k", "created", time.Date(2026, 3, 31, 12, 0, 0, 7, time.UTC)
			e.SetMeta("sns.shopId", "17")
			e.SetMeta(pipeline.MarkLate, "true")
			if err := k.deliver(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			checkMessage(t, s, name, e)
		})
	}
}

func checkMessage(t *testing.T, s *sqstest.Server, name string, e *pipeline.Event) {
	t.Helper()
	a := newAutoAPI(callerOf(t, s, direct{s}), quiet)
	a.at(s.QueueURL(name))
	got, err := a.receive(t.Context(), receiveCall{})
	if err != nil || len(got) != 1 {
		t.Fatalf("%d messages, %v", len(got), err)
	}
	raw, _ := e.Bytes()
	meta := map[string]string{}
	got[0].meta.Each(func(k, v string) { meta[k] = v })
	if string(got[0].body) != string(raw) || meta["sqs.shop"] != "17" || meta["sqs.kind"] != "created" {
		t.Errorf("body %s, meta %v", got[0].body, meta)
	}
	if _, ok := meta["sqs.no"]; ok {
		t.Error("an empty attribute was sent")
	}
	var back pipeline.Event
	if err := back.ReadLabel(meta["sqs.leat"]); err != nil {
		t.Fatal(err)
	}
	if back.ID != e.ID || back.Key != e.Key || back.Type != e.Type || !back.Time.Equal(e.Time) || back.Meta(pipeline.MarkLate) != "true" || back.Meta("sns.shopId") != "" {
		t.Errorf("came back as %+v", back)
	}
}

func TestThousandEventsNeedLittleMoreThanAHundredRequests(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{Intercept: func(sqstest.Call) *sqstest.Fault { return &sqstest.Fault{Delay: 10 * time.Millisecond} }}, nil)
		k := sinkTo(t, s, sinkConfig(name, nil))
		var bodies []string
		for i := range 1000 {
			bodies = append(bodies, fmt.Sprint(i))
		}
		start := time.Now()
		if err := errors.Join(deliverAll(t.Context(), k, eventsOf(bodies...)...)...); err != nil {
			t.Fatal(err)
		}
		state, _ := s.Queue(name)
		if n := s.Calls()["SendMessageBatch"]; n > 110 || state.Sent != 1000 {
			t.Errorf("%d requests for %d messages", n, state.Sent)
		}
		if took := time.Since(start); took > 200*time.Millisecond {
			t.Errorf("took %s", took)
		}
	})
}

func TestEventThatCannotBeAMessageIsRejectedBeforeItIsSent(t *testing.T) {
	for name, c := range map[string]struct {
		body, id string
		config   func(*SinkConfig)
		why      string
	}{
		"empty":          {"", "1", nil, "empty"},
		"too large":      {strings.Repeat("x", 1<<20), "1", nil, "more than max_size"},
		"own limit":      {strings.Repeat("x", 2000), "1", func(c *SinkConfig) { c.MaxSize = 1 << 10 }, "1024"},
		"control":        {"a\x01", "1", nil, "U+0001"},
		"noncharacter":   {"a\uffff", "1", nil, "U+FFFF"},
		"binary":         {"\xff\xfe", "1", nil, "not UTF-8"},
		"label":          {"x", strings.Repeat("i", 70_000), nil, "leat attribute"},
		"attribute":      {`{"a":"x\u0000"}`, "1", func(c *SinkConfig) { c.Attributes = map[string]pipeline.Expr{"a": exprOf(t, "body.a")} }, "attribute a"},
		"expression":     {"no json", "1", func(c *SinkConfig) { c.Attributes = map[string]pipeline.Expr{"a": exprOf(t, "body.a")} }, "attribute a"},
		"bad group":      {"no json", "1", func(c *SinkConfig) { c.Group = exprOf(t, "body.a") }, "group"},
		"bad queue_from": {"no json", "1", func(c *SinkConfig) { c.QueueFrom = exprOf(t, "body.a") }, "queue_from"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := &fakeQueue{answer: func([]*outgoing) (map[int]*entryError, error) { return nil, nil }}
				k := sinkToFake(t, f, c.config)
				err := k.deliver(t.Context(), pipeline.NewEvent(c.id, []byte(c.body)))
				if !pipeline.Rejected(err) || !strings.Contains(err.Error(), c.why) || len(f.requests) != 0 || len(err.Error()) > 300 {
					t.Errorf("%v; %d requests", err, len(f.requests))
				}
			})
		})
	}
}

func TestOneBadEventConcernsNoOther(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{}, nil)
		k := sinkTo(t, s, sinkConfig(name, nil))
		errs := deliverAll(t.Context(), k, eventsOf("a", "b\x00", "c", strings.Repeat("x", 1<<20+1), "d")...)
		for i, err := range errs {
			if bad := i == 1 || i == 3; pipeline.Rejected(err) != bad || !bad && err != nil {
				t.Errorf("event %d: %v", i, err)
			}
		}
		if state, _ := s.Queue(name); state.Sent != 3 {
			t.Errorf("%d messages", state.Sent)
		}
	})
}

func refusal(code, message string, status int) error {
	return &awsapi.Error{Code: code, Message: message, Status: status}
}

func TestFailureOfARequest(t *testing.T) {
	for name, c := range map[string]struct {
		err       error
		permanent bool
		requests  int
	}{
		"lost answer":  {errors.New("connection reset"), false, 1},
		"throttled":    {refusal("RequestThrottled", "", 403), false, 1},
		"trouble":      {refusal("InternalError", "", 500), false, 1},
		"denied":       {refusal("AccessDenied", "", 403), false, 1},
		"key revoked":  {refusal("InvalidClientTokenId", "", 403), false, 1},
		"queue gone":   {refusal("QueueDoesNotExist", "", 400), false, 1},
		"unknown":      {refusal("SomethingNew", "", 400), false, 1},
		"bad contents": {refusal("InvalidMessageContents", "", 400), true, 19},
		"too long":     {refusal("BatchRequestTooLong", "", 400), true, 19},
		"413":          {refusal("", "", 413), true, 19},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := &fakeQueue{took: time.Second, answer: func([]*outgoing) (map[int]*entryError, error) { return nil, c.err }}
				k := sinkToFake(t, f, nil)
				errs := deliverAll(t.Context(), k, eventsOf("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")...)
				for _, err := range errs {
					if err == nil || pipeline.Rejected(err) != c.permanent || !strings.Contains(err.Error(), `queue "q"`) {
						t.Errorf("%v", err)
					}
				}
				if len(f.requests) > c.requests+1 {
					t.Errorf("%d requests", len(f.requests))
				}
			})
		})
	}
}

func TestRefusedBatchIsSplitUntilTheBadMessageIsAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fakeQueue{answer: func(entries []*outgoing) (map[int]*entryError, error) {
			if slices.ContainsFunc(entries, func(m *outgoing) bool { return m.body == "bad" }) {
				return nil, refusal("InvalidMessageContents", "no", 400)
			}
			return nil, nil
		}}
		k := sinkToFake(t, f, nil)
		for i, err := range deliverAll(t.Context(), k, eventsOf("0", "1", "2", "bad", "4", "5", "6", "7", "8")...) {
			if (err != nil) != (i == 3) || pipeline.Rejected(err) != (i == 3) {
				t.Errorf("event %d: %v", i, err)
			}
		}
	})
}

func TestEveryEntryHasItsOwnResult(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fakeQueue{answer: func(entries []*outgoing) (map[int]*entryError, error) {
			failed := map[int]*entryError{}
			for i, m := range entries {
				switch m.body {
				case "sender":
					failed[i] = &entryError{"InvalidMessageContents", "no", true}
				case "service":
					failed[i] = &entryError{"InternalError", "later", false}
				case "key":
					failed[i] = &entryError{"KmsAccessDenied", "the key", true}
				case "throttled":
					failed[i] = &entryError{"Throttled", "less", true}
				case "new":
					failed[i] = &entryError{"SomethingNew", "", true}
				case "unmentioned":
					failed[i] = &entryError{"Unmentioned", "", false}
				}
			}
			return failed, nil
		}}
		k := sinkToFake(t, f, nil)
		errs := deliverAll(t.Context(), k, eventsOf("ok", "sender", "service", "key", "unmentioned", "ok", "throttled", "new")...)
		var got []string
		for _, err := range errs {
			switch {
			case err == nil:
				got = append(got, "ok")
			case pipeline.Rejected(err):
				got = append(got, "dead")
			default:
				got = append(got, "again")
			}
		}
		if want := "ok dead again again again ok again again"; strings.Join(got, " ") != want {
			t.Errorf("%v: %v", got, errors.Join(errs...))
		}
	})
}

func TestThrottlingIsCountedAndItsDelayKept(t *testing.T) {
	bubble(t, func(t *testing.T) {
		err := &awsapi.Error{Code: "RequestThrottled", Status: 403, RetryAfter: 7 * time.Second}
		f := &fakeQueue{answer: func([]*outgoing) (map[int]*entryError, error) { return nil, err }}
		k := sinkToFake(t, f, nil)
		got := k.deliver(t.Context(), eventsOf("a")[0])
		if !errors.Is(got, err) || k.counts.throttled.Value() != 1 || k.counts.failed.Value() != 1 || k.counts.requests.Value() != 1 {
			t.Errorf("%v; %d throttled", got, k.counts.throttled.Value())
		}
	})
}

func TestRequestThatTakesTooLongIsGivenUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{Intercept: func(c sqstest.Call) *sqstest.Fault {
			if c.Action == "SendMessageBatch" {
				return &sqstest.Fault{Delay: time.Hour}
			}
			return nil
		}}, nil)
		k := sinkTo(t, s, sinkConfig(name, nil))
		start := time.Now()
		err := k.deliver(t.Context(), eventsOf("a")[0])
		if err == nil || pipeline.Rejected(err) || !strings.Contains(err.Error(), "no answer within 30s") || time.Since(start) != 30*time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

// lost has the answer to the first send lost after the server did its work.
func lost(c sqstest.Call) *sqstest.Fault {
	if c.Action == "SendMessageBatch" && c.Number == 1 {
		return &sqstest.Fault{Work: true, Drop: true}
	}
	return nil
}

func TestLostAnswerIsSentAgain(t *testing.T) {
	for attributes, sent := range map[string]int{"": 2, "true": 1} {
		bubble(t, func(t *testing.T) {
			own := map[string]string{}
			if attributes != "" {
				own["FifoQueue"] = attributes
			}
			s, name := newServer(t, sqstest.Options{Intercept: lost}, own)
			k := sinkTo(t, s, sinkConfig(name, nil))
			e := eventsOf("a")[0]
			if err := k.deliver(t.Context(), e); err == nil || pipeline.Rejected(err) {
				t.Errorf("first: %v", err)
			}
			if err := k.deliver(t.Context(), e); err != nil {
				t.Errorf("second: %v", err)
			}
			if state, _ := s.Queue(name); state.Visible != sent {
				t.Errorf("%s: %d messages, want %d", name, state.Visible, sent)
			}
		})
	}
}

func TestGroupAndDeduplication(t *testing.T) {
	long := strings.Repeat("k", 200)
	for name, c := range map[string]struct {
		queue, key   string
		config       func(*SinkConfig)
		group, dedup string
	}{
		"key":          {"q.fifo", "k", nil, "k", "id0"},
		"no key":       {"q.fifo", "", nil, "id0", "id0"},
		"hashed":       {"q.fifo", long, nil, "sha256:", "id0"},
		"expression":   {"q.fifo", "k", func(c *SinkConfig) { c.Group, c.Deduplication = exprOf(t, "body.g"), exprOf(t, "body.d") }, "G", "sha256:"},
		"null":         {"q.fifo", "k", func(c *SinkConfig) { c.Group, c.Deduplication = exprOf(t, "body.n"), exprOf(t, "body.n") }, "k", "id0"},
		"standard":     {"q", "k", nil, "", ""},
		"fair":         {"q", "k", func(c *SinkConfig) { c.Group = exprOf(t, "key") }, "k", ""},
		"fair, no key": {"q", "", func(c *SinkConfig) { c.Group = exprOf(t, "key") }, "", ""},
	} {
		k := newSink(sinkConfig(c.queue, c.config), pipeline.System, quiet)
		e := eventsOf(`{"g":"G","d":"a b"}`)[0]
		e.Key = c.key
		m, err := k.message(e, k.queues.fixed)
		if err != nil || !strings.HasPrefix(m.group, c.group) || (m.group == "") != (c.group == "") || !strings.HasPrefix(m.dedup, c.dedup) || (m.dedup == "") != (c.dedup == "") {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
		_ = k.close()
	}
}

func TestEventWithoutIDInAFIFOQueue(t *testing.T) {
	for config, why := range map[*SinkConfig]string{
		{}:                                 "the event has no id",
		{Deduplication: exprOf(t, "body")}: "",
	} {
		k := newSink(sinkConfig("q.fifo", func(c *SinkConfig) { c.Deduplication = config.Deduplication }), pipeline.System, quiet)
		m, err := k.message(pipeline.NewEvent("", []byte(`"text"`)), k.queues.fixed)
		if why == "" && (err != nil || m.group != "text" || m.dedup != "text") {
			t.Errorf("%+v, %v", m, err)
		}
		if why != "" && (!pipeline.Rejected(err) || !strings.Contains(err.Error(), why)) {
			t.Error(err)
		}
		_ = k.close()
	}
}

// Requests take a different time each, so that one may overtake another.
func TestGroupsEnterAFIFOQueueInOrder(t *testing.T) {
	for seed := range 8 {
		bubble(t, func(t *testing.T) {
			s, name := newServer(t, sqstest.Options{Intercept: func(c sqstest.Call) *sqstest.Fault {
				return &sqstest.Fault{Delay: time.Duration((c.Number*7919+seed*31)%40) * time.Millisecond}
			}}, map[string]string{"FifoQueue": "true"})
			k := sinkTo(t, s, sinkConfig(name, nil))
			var calls sync.WaitGroup
			want := map[string][]string{}
			for i := range 300 {
				e := pipeline.NewEvent(fmt.Sprint(i), []byte(fmt.Sprint(i)))
				e.Key = string(rune('a' + (i*i+seed)%7))
				want[e.Key] = append(want[e.Key], fmt.Sprint(i))
				calls.Go(func() {
					if err := k.deliver(t.Context(), e); err != nil {
						t.Error(err)
					}
				})
				synctest.Wait() // so that the order of calls is known
			}
			calls.Wait()
			got := map[string][]string{}
			for _, m := range s.Messages(name) {
				got[m.Group] = append(got[m.Group], m.Body)
			}
			for key := range want {
				if !slices.Equal(got[key], want[key]) {
					t.Errorf("seed %d, %s: %v", seed, key, got[key])
				}
			}
		})
	}
}

func TestCallerThatLeavesIsNotSent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fakeQueue{took: time.Second, answer: func([]*outgoing) (map[int]*entryError, error) { return nil, nil }}
		k := sinkToFake(t, f, func(c *SinkConfig) { c.BatchWait = 100 * time.Millisecond })
		go func() { _ = k.deliver(t.Context(), eventsOf("first")[0]) }()
		synctest.Wait()
		ctx, leave := context.WithTimeout(t.Context(), time.Millisecond)
		defer leave()
		if err := k.deliver(ctx, eventsOf("second")[0]); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		time.Sleep(3 * time.Second)
		if len(f.requests) != 1 {
			t.Errorf("%q", f.requests)
		}
	})
}

func TestCloseSendsWhatIsWaiting(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fakeQueue{took: time.Second, answer: func([]*outgoing) (map[int]*entryError, error) { return nil, nil }}
		k := sinkToFake(t, f, func(c *SinkConfig) { c.BatchWait = time.Minute })
		errs := make(chan error, 2)
		for _, e := range eventsOf("a", "b") {
			go func() { errs <- k.deliver(t.Context(), e) }()
			synctest.Wait()
		}
		_ = k.close()
		if a, b := <-errs, <-errs; a != nil || b != nil || len(f.requests) != 2 {
			t.Errorf("%v, %v, %q", a, b, f.requests)
		}
		if err := k.deliver(t.Context(), eventsOf("c")[0]); err == nil || pipeline.Rejected(err) {
			t.Error(err)
		}
	})
}
