package sns

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

func TestSinkWithoutItsTopicDoesNotStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, arn := server(t, sqstest.Options{}, "")
		err := over(t, s, config(arn+"other", nil)).start(t.Context())
		if err == nil || !strings.Contains(err.Error(), "create it first") || s.Calls()["CreateTopic"] != 0 {
			t.Error(err)
		}
	})
}

func TestSinkStartsWithoutWhatItNeedNotHave(t *testing.T) {
	for name, o := range map[string]sqstest.Options{
		"denied": {Deny: []string{"GetTopicAttributes"}},
		"no network": {Intercept: func(c sqstest.Call) *sqstest.Fault {
			if c.Action == "GetTopicAttributes" {
				return &sqstest.Fault{Drop: true}
			}
			return nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, arn := server(t, o, "")
				if err := deliverAll(started(t, s, config(arn, nil)), "a")[0]; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestLimitOfTheTopicItself(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`<R><GetTopicAttributesResult><Attributes><entry><key>MaximumMessageSize</key><value>1024</value></entry></Attributes></GetTopicAttributesResult></R>`))
	})
	k := started(t, h, config(topicARN, nil))
	if err := deliverAll(k, strings.Repeat("x", 1100))[0]; !pipeline.Rejected(err) || !strings.Contains(err.Error(), "1024") || !strings.Contains(err.Error(), "MaximumMessageSize of topic") {
		t.Error(err)
	}
}

func TestRaisedLimitOfTheTopicIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := "1024"
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = r.ParseForm()
			if r.Form.Get("Action") == "PublishBatch" {
				_, _ = w.Write([]byte(`<R><PublishBatchResult><Successful><member><Id>0</Id></member></Successful></PublishBatchResult></R>`))
				return
			}
			_, _ = w.Write([]byte(`<R><GetTopicAttributesResult><Attributes><entry><key>MaximumMessageSize</key><value>` + limit + `</value></entry></Attributes></GetTopicAttributesResult></R>`))
		})
		k := started(t, h, config(topicARN, nil))
		if err := deliverAll(k, strings.Repeat("x", 1100))[0]; !pipeline.Rejected(err) {
			t.Error(err)
		}
		limit = "2048"
		time.Sleep(time.Minute) // virtual
		if err := deliverAll(k, strings.Repeat("x", 1100))[0]; err != nil {
			t.Error(err)
		}
	})
}

// deniedAsLong refuses to publish to any topic but t with a code, as long as it says so.
func deniedAsLong(s http.Handler, code string, denied *bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if *denied && bytes.Contains(body, []byte("PublishBatch")) {
			status, text := refused(code, 403)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(text))
			return
		}
		s.ServeHTTP(w, r)
	})
}

func TestChosenTopicThatTheSinkHasNoRightToIsTheFaultOfTheEvent(t *testing.T) {
	for code, rejected := range map[string]bool{"AuthorizationError": true, "InvalidClientTokenId": false, "KMSAccessDenied": false} {
		synctest.Test(t, func(t *testing.T) {
			s, arn := server(t, sqstest.Options{}, "")
			s.CreateTopic("a")
			denied := true
			k := started(t, deniedAsLong(s, code, &denied), choosing(t, arn, 1))
			for i := range 5 {
				err := deliverAll(k, fmt.Sprintf(`{"to":"none%d"}`, i))[0]
				if err == nil || pipeline.Rejected(err) != rejected || strings.Contains(err.Error(), "max_topics") {
					t.Errorf("%s: %v", code, err)
				}
			}
			denied = false
			if err := deliverAll(k, `{"to":"a"}`)[0]; err != nil {
				t.Error(err)
			}
			denied = true // a right that is withdrawn comes back
			if err := deliverAll(k, `{"to":"a"}`)[0]; err == nil || pipeline.Rejected(err) {
				t.Errorf("%s: %v", code, err)
			}
		})
	}
}

func TestCloseWaitsForTopicsThatAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, arn := server(t, sqstest.Options{Intercept: func(c sqstest.Call) *sqstest.Fault {
			if c.Action == "PublishBatch" {
				return &sqstest.Fault{Delay: time.Second}
			}
			return nil
		}}, "")
		s.CreateTopic("a")
		k := started(t, s, choosing(t, arn, 2))
		settled := make(chan error, 1)
		go func() { settled <- deliverAll(k, `{"to":"a"}`)[0] }()
		synctest.Wait()
		for _, chosen := range k.topics.chosen.All() {
			k.topics.chosen.Forget(chosen)
		}
		_ = k.close()
		synctest.Wait()
		select {
		case err := <-settled:
			if err != nil {
				t.Error(err)
			}
		default:
			t.Error("an event is still at its topic")
		}
		if len(k.topics.chosen.All()) != 0 {
			t.Error("the topic is kept")
		}
	})
}

func choosing(t *testing.T, arn string, most int) SinkConfig {
	return config(arn, func(c *SinkConfig) { c.TopicFrom, c.MaxTopics = exprOf(t, "body.to"), most })
}

func TestEventsChooseTheirTopic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, arn := server(t, sqstest.Options{}, "")
		for _, name := range []string{"a", "b"} {
			_, _ = s.CreateQueue(name, nil)
			subscribe(t, s, s.CreateTopic(name), s.QueueARN(name), true)
		}
		k := started(t, s, choosing(t, arn, 10))
		if err := errors.Join(deliverAll(k, `{"to":"a"}`, `{"to":"b"}`, `{"to":"b"}`, `{}`, `{"to":"t"}`)...); err != nil {
			t.Fatal(err)
		}
		for name, n := range map[string]int{"a": 1, "b": 2, "q": 2} {
			sentTo(t, s, name, n)
		}
	})
}

func TestHostileNamesGoNowhere(t *testing.T) {
	k := over(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request") }), choosing(t, topicARN, 10))
	for _, name := range []string{"arn:aws:sns:us-east-1:1:x", "t:1234", "../t", "é", "a b", ".fifo", strings.Repeat("t", 257), "x\n", "https://evil.example"} {
		e := pipeline.NewEvent("1", []byte("{}"))
		if err := e.Set(pipeline.MustPath("body.to"), name); err != nil {
			t.Fatal(err)
		}
		if err := k.deliver(t.Context(), e); !pipeline.Rejected(err) || len(err.Error()) > 300 {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestTopicThatDoesNotExistIsTheFaultOfTheEventThatChoseIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, arn := server(t, sqstest.Options{}, "")
		s.CreateTopic("a")
		s.CreateTopic("b")
		k := started(t, s, choosing(t, arn, 2))
		for i := range 10 {
			err := deliverAll(k, fmt.Sprintf(`{"to":"none%d"}`, i))[0]
			if !pipeline.Rejected(err) || !strings.Contains(err.Error(), "create it first") {
				t.Fatal(err)
			}
		}
		for name, rejected := range map[string]bool{"a": false, "b": false} {
			if err := deliverAll(k, `{"to":"`+name+`"}`)[0]; pipeline.Rejected(err) != rejected || err != nil {
				t.Error(err)
			}
		}
		if err := deliverAll(k, `{"to":"c"}`)[0]; !pipeline.Rejected(err) || !strings.Contains(err.Error(), "max_topics") {
			t.Error(err)
		}
	})
}

func TestSettingsThatCannotWork(t *testing.T) {
	x := exprOf(t, "body.a")
	many := map[string]pipeline.Expr{}
	for i := range 10 {
		many[fmt.Sprint("a", i)] = x
	}
	for want, change := range map[string]func(*SinkConfig){
		"topic: want":      func(c *SinkConfig) { c.Topic = "orders" },
		"topic":            func(c *SinkConfig) { c.Topic = "arn:aws:sns:eu-west-1:1:t:sub" },
		"deduplication":    func(c *SinkConfig) { c.Deduplication = x },
		"max_topics":       func(c *SinkConfig) { c.MaxTopics = 0 },
		"max_size":         func(c *SinkConfig) { c.MaxSize = 2 << 20 },
		"batch_wait":       func(c *SinkConfig) { c.BatchWait = -1 },
		"max_requests":     func(c *SinkConfig) { c.MaxRequests = 0 },
		"timeout":          func(c *SinkConfig) { c.Timeout = 0 },
		"endpoint":         func(c *SinkConfig) { c.Endpoint = "x" },
		"has 10":           func(c *SinkConfig) { c.Attributes = many },
		"set by leat":      func(c *SinkConfig) { c.Attributes = map[string]pipeline.Expr{"leat": x} },
		"cannot be the":    func(c *SinkConfig) { c.Attributes = map[string]pipeline.Expr{"a..b": x} },
		"has no expressio": func(c *SinkConfig) { c.Attributes = map[string]pipeline.Expr{"a": {}} },
	} {
		if err := config(topicARN, change).Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	for _, topic := range []string{topicARN, topicARN + ".fifo", "arn:aws-cn:sns:cn-north-1:1:t_-9"} {
		if err := config(topic, nil).Validate(); err != nil {
			t.Error(err)
		}
	}
}

func TestAddressOfAWS(t *testing.T) {
	t.Setenv("AWS_REGION", "us-west-2")
	for topic, want := range map[string]string{
		"arn:aws:sns:eu-west-1:1:t":     "https://sns.eu-west-1.amazonaws.com",
		"arn:aws-cn:sns:cn-north-1:1:t": "https://sns.cn-north-1.amazonaws.com.cn",
	} {
		k := newSink(config(topic, func(c *SinkConfig) { c.AccessKeyID = "x" }), pipeline.System, quiet)
		caller, err := k.load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := addressOf(t.Context(), caller); got != want || err != nil {
			t.Errorf("%s, %v", got, err)
		}
		_ = k.close()
	}
}
