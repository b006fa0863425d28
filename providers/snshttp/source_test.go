package snshttp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

func TestANotificationBecomesItsMessage(t *testing.T) {
	inBubble(t, options{}, func(r *rig) {
		body := r.sns.Sign(sqstest.Envelope{
			TopicARN: topic, MessageID: "m-1", Message: "{\"n\": 1.0,\n\"é\":\"\\u00e9\"}", Subject: "sub",
			Attributes: map[string]string{"shopId": "7", "MessageId": "not the id"},
		})
		r.want(200, body)
		r.wantOut("{\"n\": 1.0,\n\"é\":\"\\u00e9\"}")
		got := r.Recorder.Got("out")[0]
		want := map[string]string{"sns.TopicArn": topic, "sns.MessageId": "m-1", "sns.Subject": "sub", "sns.shopId": "7", "sns.Timestamp": "2000-01-01T00:00:00.000Z"}
		for k, v := range want {
			if got.Meta[k] != v {
				t.Errorf("%s: %q, want %q", k, got.Meta[k], v)
			}
		}
		if got.ID != "m-1" || len(got.Meta) != len(want) {
			t.Errorf("got %q, %v", got.ID, got.Meta)
		}
	})
}

func TestSignatureVersionsAndContentTypes(t *testing.T) {
	inBubble(t, options{}, func(r *rig) {
		for _, version := range []string{"1", "2"} {
			body := r.sns.Sign(sqstest.Envelope{TopicARN: topic, Message: version, SignatureVersion: version})
			r.want(200, body, "Content-Type", "application/json")
		}
		r.wantOut("1", "2")
		r.wantAsked(1)
	})
}

func TestWithoutUnwrapTheEnvelopeStays(t *testing.T) {
	inBubble(t, options{settings: "unwrap: false", stages: "{snsunwrap: {verify: false}}"}, func(r *rig) {
		r.want(200, r.genuine("x"))
		r.wantOut("x")
	})
	inBubble(t, options{settings: "unwrap: false"}, func(r *rig) {
		body := r.sns.Sign(sqstest.Envelope{TopicARN: topic, MessageID: "m-1", Message: "x"})
		r.want(200, body)
		r.wantOut(string(body))
		if got := r.Recorder.Got("out")[0]; got.ID != "m-1" || got.Meta["sns.TopicArn"] != topic {
			t.Errorf("got %q, %v", got.ID, got.Meta)
		}
	})
}

// What will never be right is refused for good, and nothing is asked of SNS.
func TestRefusals(t *testing.T) {
	cases := []struct {
		name    string
		change  func(r *rig, q *http.Request)
		body    func(r *rig) []byte
		status  int
		counter string
	}{
		{"another path", func(_ *rig, q *http.Request) { q.URL.Path = "/other" }, nil, 404, "refused_strays"},
		{"GET", func(_ *rig, q *http.Request) { q.Method = "GET" }, nil, 405, "refused_methods"},
		{"too large", nil, func(*rig) []byte { return make([]byte, maxBody+1) }, 413, "refused_oversized"},
		{"too large, no size", func(_ *rig, q *http.Request) { q.ContentLength = -1 }, func(*rig) []byte { return make([]byte, maxBody+1) }, 413, "refused_oversized"},
		{"empty", nil, func(*rig) []byte { return nil }, 400, "refused_malformed"},
		{"not JSON", nil, func(*rig) []byte { return []byte("hello") }, 400, "refused_malformed"},
		{"cut", nil, func(r *rig) []byte { b := r.genuine("x"); return b[:len(b)-1] }, 400, "refused_malformed"},
		{"no object", nil, func(*rig) []byte { return []byte(`["Notification"]`) }, 400, "refused_malformed"},
		{"no type", nil, func(*rig) []byte { return []byte(`{"Message":"x"}`) }, 400, "refused_malformed"},
		{"another type", func(_ *rig, q *http.Request) { q.Header.Set(headerType, "Notification") }, func(*rig) []byte { return []byte(`{"Type":"Bounce"}`) }, 400, "refused_malformed"},
		{"too deep", nil, func(*rig) []byte { return []byte(strings.Repeat("[", 1000)) }, 400, "refused_malformed"},
		{"no topic", nil, func(*rig) []byte { return []byte(`{"Type":"Notification","Message":"x"}`) }, 403, "refused_topics"},
		{"foreign topic", func(_ *rig, q *http.Request) { q.Header.Set(headerTopic, topic) }, func(r *rig) []byte { return r.sns.Notification(otherTopic, "x", nil) }, 403, "refused_topics"},
		{"foreign subscription", nil, func(r *rig) []byte { return r.sns.Confirmation(otherTopic) }, 403, "refused_topics"},
		{"no signature", nil, func(*rig) []byte { return []byte(`{"Type":"Notification","Message":"x","TopicArn":"` + topic + `"}`) }, 403, "refused_forged"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, options{}, func(r *rig) {
				body := []byte("{}")
				if c.body != nil {
					body = c.body(r)
				}
				q := httptest.NewRequestWithContext(context.Background(), "POST", "/", bytes.NewReader(body))
				if c.change != nil {
					c.change(r, q)
				}
				if got := r.do(q); got.StatusCode != c.status || (got.Header.Get("Allow") == "POST") != (c.status == 405) {
					t.Errorf("answered %d %v, want %d", got.StatusCode, got.Header, c.status)
				}
				r.wantCount(c.counter, 1)
				r.wantAsked(0)
				r.wantOut()
				if n := r.Pipeline.Stats().Read; n != 0 {
					t.Errorf("%d events entered", n)
				}
			})
		})
	}
}

func TestTheLargestMessageOfSNSIsNotTooLarge(t *testing.T) {
	inBubble(t, options{}, func(r *rig) {
		message := strings.Repeat("\x01", 256<<10) // six bytes each, in JSON
		r.want(200, r.genuine(message))
		r.wantOut(message)
	})
}

func TestABodyThatBreaksOffComesAgain(t *testing.T) {
	inBubble(t, options{}, func(r *rig) {
		q := httptest.NewRequestWithContext(context.Background(), "POST", "/", io.MultiReader(strings.NewReader(`{"Ty`), brokenReader{}))
		if got := r.do(q); got.StatusCode != 503 {
			t.Errorf("answered %d", got.StatusCode)
		}
		r.wantCount("postponed_unread", 1)
	})
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestAForgedMessageIsRefused(t *testing.T) {
	inBubble(t, options{}, func(r *rig) {
		r.want(403, bytes.Replace(r.genuine("paid: 10"), []byte("10"), []byte("99"), 1))
		r.want(200, r.genuine("genuine"))
		r.wantOut("genuine")
		r.wantCount("refused_forged", 1)
	})
}

func TestWhatTheFlowReturnsComesAgain(t *testing.T) {
	fail := func(_ string, _ *pipeline.Event, attempt int) error {
		if attempt < 3 {
			return pipeline.Reject(errors.New("no"))
		}
		return nil
	}
	inBubble(t, options{fail: fail, stages: "{dedupe: {}}"}, func(r *rig) {
		body := r.genuine("x")
		r.want(503, body)
		r.want(503, body)
		r.want(200, body)
		r.want(200, body)
		r.wantOut("x")
		r.wantCount("postponed_returned", 2)
		r.wantCount("duplicates", 1)
	})
}

func TestASlowFlowStillAnswersInTime(t *testing.T) {
	inBubble(t, options{fail: slow(40 * time.Second), stages: "{dedupe: {}}"}, func(r *rig) {
		body := r.genuine("x")
		if d := took(func() { r.want(503, body) }); d != 12*time.Second {
			t.Errorf("answered after %s", d)
		}
		r.wantCount("postponed_late", 1)
		time.Sleep(20 * time.Second)
		if d := took(func() { r.want(200, body) }); d != 8*time.Second {
			t.Errorf("answered after %s", d)
		}
		r.wantOut("x")
		r.wantCount("duplicates", 1)
	})
}

// slow is a sink that takes its time.
func slow(d time.Duration) func(string, *pipeline.Event, int) error {
	return func(string, *pipeline.Event, int) error {
		time.Sleep(d)
		return nil
	}
}

// What the flow does not even take in time must not enter it later.
func TestWhatIsNotTakenInTimeDoesNotEnter(t *testing.T) {
	inBubble(t, options{fail: slow(time.Minute), flow: "    max_in_flight: 1\n"}, func(r *rig) {
		first, second, third := r.genuine("1"), r.genuine("2"), r.genuine("3")
		var all sync.WaitGroup
		for _, body := range [][]byte{first, second, third} {
			all.Go(func() { r.want(503, body) })
			synctest.Wait()
		}
		all.Wait()
		time.Sleep(10 * time.Minute)
		if got := len(r.Recorder.Got("out")); got != 2 { // one at work, one at the gate
			t.Errorf("%d entered", got)
		}
		r.wantCount("postponed_late", 3)
	})
}

func TestTooManyRequestsAreSentBackAtOnce(t *testing.T) {
	inBubble(t, options{settings: "max_requests: 1", fail: slow(5 * time.Second)}, func(r *rig) {
		first, second := r.genuine("1"), r.genuine("2")
		var all sync.WaitGroup
		all.Go(func() { r.want(200, first) })
		synctest.Wait()
		if d := took(func() { r.want(503, second) }); d != 0 {
			t.Errorf("answered after %s", d)
		}
		all.Wait()
		r.wantCount("postponed_busy", 1)
		r.want(200, second)
	})
}

func TestAStopSendsBackWhatIsNotTaken(t *testing.T) {
	inBubble(t, options{fail: slow(5 * time.Second), flow: "    max_in_flight: 1\n"}, func(r *rig) {
		var all sync.WaitGroup
		all.Go(func() { r.want(200, r.genuine("under way")) })
		synctest.Wait()
		bodies := [][]byte{r.genuine("at the gate"), r.genuine("at the door")}
		for _, body := range bodies {
			all.Go(func() {
				if d := took(func() { r.want(503, body) }); d != 0 {
					t.Errorf("answered after %s", d)
				}
			})
			synctest.Wait()
		}
		if d := took(func() {
			if err := r.Stop(); err != nil {
				t.Error(err)
			}
		}); d > 10*time.Second {
			t.Errorf("stopped after %s", d)
		}
		all.Wait()
		r.wantOut("under way")
		r.want(503, bodies[0])
		r.wantAsked(1)
	})
}

func TestAClientThatLeavesDoesNotCancel(t *testing.T) {
	inBubble(t, options{fail: slow(5 * time.Second)}, func(r *rig) {
		ctx, leave := context.WithCancel(context.Background())
		q := httptest.NewRequestWithContext(ctx, "POST", "/", bytes.NewReader(r.genuine("x")))
		time.AfterFunc(time.Second, leave)
		if got := r.do(q); got.StatusCode != 200 {
			t.Errorf("answered %d", got.StatusCode)
		}
		r.wantOut("x")
	})
}

func TestRefusalsDoNotFillTheLog(t *testing.T) {
	inBubble(t, options{}, func(r *rig) {
		for range 100 {
			r.want(403, r.sns.Notification(otherTopic, "x", nil))
			r.want(400, []byte("x"))
		}
		if n := strings.Count(r.log.String(), "level=WARN"); n != 2 {
			t.Errorf("%d warnings:\n%s", n, r.log.String())
		}
		time.Sleep(2 * time.Minute)
		r.want(400, []byte("x"))
		if !strings.Contains(r.log.String(), "more_since_last_told=99") {
			t.Errorf("log:\n%s", r.log.String())
		}
		r.wantCount("refused_malformed", 101)
	})
}
