package sns

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

const topicARN = "arn:aws:sns:us-east-1:000000000000:t"

func TestThousandEventsNeedLittleMoreThanAHundredRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, arn := server(t, sqstest.Options{Intercept: func(sqstest.Call) *sqstest.Fault { return &sqstest.Fault{Delay: 10 * time.Millisecond} }}, "")
		k := started(t, s, config(arn, nil))
		var bodies []string
		for i := range 1000 {
			bodies = append(bodies, fmt.Sprint(i))
		}
		if err := errors.Join(deliverAll(k, bodies...)...); err != nil {
			t.Fatal(err)
		}
		if n := s.Calls()["PublishBatch"]; n > 110 {
			t.Errorf("%d requests", n)
		}
		sentTo(t, s, "q", 1000)
	})
}

func TestGroupsEnterAFIFOTopicInOrder(t *testing.T) {
	for seed := range 6 {
		synctest.Test(t, func(t *testing.T) {
			s, arn := server(t, sqstest.Options{Intercept: func(c sqstest.Call) *sqstest.Fault {
				return &sqstest.Fault{Delay: time.Duration((c.Number*7919+seed*31)%40) * time.Millisecond}
			}}, ".fifo")
			k := started(t, s, config(arn, nil))
			var calls sync.WaitGroup
			want := map[string][]string{}
			for i := range 200 {
				e := pipeline.NewEvent(fmt.Sprint(i), []byte(fmt.Sprint(i)))
				e.Key = string(rune('a' + (i*i+seed)%5))
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
			for _, m := range sentTo(t, s, "q.fifo", 200) {
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

func TestLostAnswerIsSentAgain(t *testing.T) {
	for suffix, sent := range map[string]int{"": 2, ".fifo": 1} {
		synctest.Test(t, func(t *testing.T) {
			s, arn := server(t, sqstest.Options{Intercept: func(c sqstest.Call) *sqstest.Fault {
				if c.Action == "PublishBatch" && c.Number == 1 {
					return &sqstest.Fault{Work: true, Drop: true}
				}
				return nil
			}}, suffix)
			k := started(t, s, config(arn, nil))
			if err := deliverAll(k, "a")[0]; err == nil || pipeline.Rejected(err) {
				t.Error(err)
			}
			if err := deliverAll(k, "a")[0]; err != nil {
				t.Error(err)
			}
			time.Sleep(time.Second)
			sentTo(t, s, "q"+suffix, sent)
		})
	}
}

func TestFailureOfARequest(t *testing.T) {
	for name, c := range map[string]struct {
		code      string
		status    int
		permanent bool
	}{
		"throttled":     {"Throttled", 429, false},
		"trouble":       {"InternalError", 500, false},
		"denied":        {"AuthorizationError", 403, false},
		"topic gone":    {"NotFound", 404, false},
		"key":           {"KMSDisabled", 400, false},
		"unknown":       {"SomethingNew", 400, false},
		"not XML":       {"", 200, false},
		"bad message":   {"InvalidParameter", 400, true},
		"too long":      {"BatchRequestTooLong", 400, true},
		"too long, SDK": {"BatchRequestTooLongException", 400, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := started(t, answers(func([]string) (int, string) {
					if c.code == "" {
						return 200, "hello"
					}
					return refused(c.code, c.status)
				}), config(topicARN, nil))
				for _, err := range deliverAll(k, "0", "1", "2", "3", "4", "5", "6", "7", "8", "9") {
					if err == nil || pipeline.Rejected(err) != c.permanent || !strings.Contains(err.Error(), topicARN) {
						t.Error(err)
					}
				}
			})
		})
	}
}

func TestRefusedBatchIsSplitUntilTheBadMessageIsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := started(t, answers(func(bodies []string) (int, string) {
			if slices.Contains(bodies, "bad") {
				return refused("InvalidParameterValue", 400)
			}
			text := ""
			for i := range bodies {
				text += fmt.Sprintf("<member><Id>%d</Id></member>", i)
			}
			return 200, "<R><PublishBatchResult><Successful>" + text + "</Successful></PublishBatchResult></R>"
		}), config(topicARN, nil))
		for i, err := range deliverAll(k, "0", "1", "bad", "3", "4", "5", "6", "7") {
			if (err != nil) != (i == 2) || pipeline.Rejected(err) != (i == 2) {
				t.Errorf("event %d: %v", i, err)
			}
		}
	})
}

func TestEveryMessageHasItsOwnResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := started(t, answers(func(bodies []string) (int, string) {
			done, failed := "", ""
			for i, body := range bodies {
				switch body {
				case "ok":
					done += fmt.Sprintf("<member><MessageId>x</MessageId><Id>%d</Id></member>", i)
				case "bad":
					failed += fmt.Sprintf("<member><Id>%d</Id><Code>InvalidParameter</Code><Message>no</Message><SenderFault>true</SenderFault></member>", i)
				case "later":
					failed += fmt.Sprintf("<member><Id>%d</Id><Code>InternalError</Code><SenderFault>false</SenderFault></member>", i)
				case "key":
					failed += fmt.Sprintf("<member><Id>%d</Id><Code>KMSAccessDenied</Code><SenderFault>true</SenderFault></member>", i)
				}
			}
			return 200, `<PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishBatchResult><Failed>` + failed + "</Failed><Successful>" + done + "</Successful></PublishBatchResult></PublishBatchResponse>"
		}), config(topicARN, nil))
		var got []string
		errs := deliverAll(k, "ok", "bad", "later", "key", "unmentioned", "ok")
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
		if want := "ok dead again again again ok"; strings.Join(got, " ") != want {
			t.Errorf("%v: %v", got, errors.Join(errs...))
		}
	})
}

func TestEventThatCannotBeAMessageIsRejectedBeforeItIsSent(t *testing.T) {
	for body, why := range map[string]string{"": "empty", "a\x01": "U+0001", "\xff": "not UTF-8", strings.Repeat("x", 256<<10): "max_size", "no json": "attribute a"} {
		k := over(t, answers(func([]string) (int, string) { t.Error("sent"); return 500, "" }), config(topicARN, func(c *SinkConfig) {
			c.Attributes = map[string]pipeline.Expr{"a": exprOf(t, `body == nil ? "" : body.a`)}
		}))
		if why != "attribute a" {
			k.attributes = nil
		}
		if err := deliverAll(k, body)[0]; !pipeline.Rejected(err) || !strings.Contains(err.Error(), why) {
			t.Errorf("%.20q: %v", body, err)
		}
	}
}

func TestSubjectIsShaped(t *testing.T) {
	for subject, want := range map[string]string{
		"plain":                         "plain",
		" a\r\nb\x00 ":                  "a  b",
		"":                              "",
		"é\uffff":                       "é\ufffd",
		strings.Repeat("é", 120):        strings.Repeat("é", 99),
		strings.Repeat("x", 98) + " yz": strings.Repeat("x", 98),
	} {
		k := over(t, answers(nil), config(topicARN, func(c *SinkConfig) { c.Subject = exprOf(t, `meta["s"]`) }))
		e := pipeline.NewEvent("1", []byte("x"))
		e.SetMeta("s", subject)
		m, err := k.message(e, k.topics.fixed)
		if err != nil || m.subject != want {
			t.Errorf("%.20q became %q, %v", subject, m.subject, err)
		}
	}
}

func TestGroupAndDeduplication(t *testing.T) {
	for _, c := range []struct {
		topic, key, group, dedup string
		config                   func(*SinkConfig)
	}{
		{topicARN + ".fifo", "k", "k", "id", nil},
		{topicARN + ".fifo", "", "id", "id", nil},
		{topicARN + ".fifo", "a b", "sha256:", "id", nil},
		{topicARN, "k", "", "", nil},
		{topicARN, "k", "k", "", func(c *SinkConfig) { c.Group = exprOf(t, "key") }},
		{topicARN + ".fifo", "k", "t", "k", func(c *SinkConfig) { c.Group, c.Deduplication = exprOf(t, `"t"`), exprOf(t, "key") }},
	} {
		k := over(t, answers(nil), config(c.topic, c.config))
		e := pipeline.NewEvent("id", []byte("x"))
		e.Key = c.key
		m, err := k.message(e, k.topics.fixed)
		if err != nil || !strings.HasPrefix(m.group, c.group) || (m.group == "") != (c.group == "") || m.dedup != c.dedup {
			t.Errorf("%+v: %+v, %v", c, m, err)
		}
	}
}

func TestEventWithoutIDInAFIFOTopic(t *testing.T) {
	k := over(t, answers(nil), config(topicARN+".fifo", nil))
	if _, err := k.message(pipeline.NewEvent("", []byte("x")), k.topics.fixed); !pipeline.Rejected(err) || !strings.Contains(err.Error(), "the event has no id") {
		t.Error(err)
	}
	k = over(t, answers(nil), config(topicARN+".fifo", func(c *SinkConfig) { c.Deduplication = exprOf(t, `"d"`) }))
	if m, err := k.message(pipeline.NewEvent("", []byte("x")), k.topics.fixed); err != nil || m.group != "d" || m.dedup != "d" {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestCloseSendsWhatIsWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, arn := server(t, sqstest.Options{Intercept: func(sqstest.Call) *sqstest.Fault { return &sqstest.Fault{Delay: time.Second} }}, "")
		k := started(t, s, config(arn, func(c *SinkConfig) { c.BatchWait = time.Minute }))
		errs := make(chan []error, 1)
		go func() { errs <- deliverAll(k, "a", "b", "c") }()
		synctest.Wait()
		_ = k.close()
		if err := errors.Join(<-errs...); err != nil {
			t.Error(err)
		}
	})
}
