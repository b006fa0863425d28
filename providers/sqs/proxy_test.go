package sqs

import (
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// page is an answer that no SQS would give.
func page(status int, text string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text))}
}

func TestAutoIsNotMisledByAProxysPage(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{Protocols: sqstest.JSON}, nil)
		_ = s.Send(name, "a")
		var n atomic.Int32
		r := subscribeThrough(t, s, roundTripper(func(r *http.Request) (*http.Response, error) {
			switch n.Add(1) {
			case 1: // while the service starts
				return page(http.StatusBadGateway, "<html>502 Bad Gateway</html>"), nil
			case 2:
				return nil, errors.New("connection refused")
			}
			return direct{s}.RoundTrip(r)
		}), name, func(c *SourceConfig) { c.Protocol, c.MaxPollers = protocolAuto, 1 })
		r.next().Ack()
		r.close()
	})
}

func TestAnyOtherPageIsNoEmptyQueue(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, _ := newServer(t, sqstest.Options{}, nil)
		caller := callerOf(t, s, roundTripper(func(*http.Request) (*http.Response, error) {
			return page(http.StatusOK, "<html><body>Please log in</body></html>"), nil
		}))
		for _, protocol := range []string{protocolAuto, protocolQuery} {
			o := &opener{protocol: protocol, clock: pipeline.System, log: quiet}
			if _, err := o.find(t.Context(), caller, queueRef{url: "http://sqs.test/q", name: "q"}); err == nil {
				t.Errorf("%s: a login page is taken for a queue", protocol)
			}
		}
	})
}

func TestOddRefusalsOfTheSettingsAreForgiven(t *testing.T) {
	for _, f := range []sqstest.Fault{{Code: "InvalidAddress", Status: 400}, {Code: "UnknownAction", Status: 400}, {Code: "ValidationException", Status: 400}, {Status: 500}} {
		bubble(t, func(t *testing.T) {
			s, name := newServer(t, sqstest.Options{Intercept: func(c sqstest.Call) *sqstest.Fault {
				if c.Action == "GetQueueAttributes" {
					return &f
				}
				return nil
			}}, nil)
			r := subscribe(t, s, name, nil)
			_ = s.Send(name, "a")
			r.next().Ack()
			r.close()
		})
	}
}

func TestAnEmptyAnswerToADeleteIsASuccess(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{}, nil)
		_ = s.Send(name, "a")
		r := subscribeThrough(t, s, roundTripper(func(r *http.Request) (*http.Response, error) {
			answer, err := direct{s}.RoundTrip(r)
			if err == nil && strings.HasSuffix(r.Header.Get("X-Amz-Target"), "DeleteMessageBatch") {
				return page(http.StatusOK, ""), nil
			}
			return answer, err
		}), name, nil)
		r.next().Ack()
		r.none(24 * time.Hour)
		if n := s.Calls()["DeleteMessageBatch"]; n != 1 {
			t.Errorf("deleted %d times", n)
		}
		r.close()
	})
}

var messageIDs = regexp.MustCompile(`"MessageId":"[^"]*"`)

func TestTwoMessagesWithOneIDAreTwo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{}, nil)
		_ = s.Send(name, "a", "b")
		r := subscribeThrough(t, s, roundTripper(func(r *http.Request) (*http.Response, error) {
			answer, err := direct{s}.RoundTrip(r)
			if err != nil {
				return nil, err
			}
			body, err := io.ReadAll(answer.Body)
			return page(answer.StatusCode, messageIDs.ReplaceAllString(string(body), `"MessageId":"4711"`)), err
		}), name, nil)
		one, other := r.next(), r.next()
		if string(one.Payload) == string(other.Payload) {
			t.Errorf("%s came twice", one.Payload)
		}
		one.Ack()
		other.Ack()
		time.Sleep(time.Second)
		if state, _ := s.Queue(name); state.Deleted != 2 {
			t.Errorf("%+v", state)
		}
		r.close()
	})
}

func TestBackoffStaysWithinItsRange(t *testing.T) {
	r := &returns{s: &subscription{Subscriber: &Subscriber{}}}
	r.s.config.ReturnAfter.Min, r.s.config.ReturnAfter.Max = 3*time.Hour, 12*time.Hour
	for n := range 100 {
		if d := r.after(&entry{received: &received{receives: n}}); d < 3*time.Hour || d > 12*time.Hour {
			t.Errorf("receive %d: %s", n, d)
		}
	}
}
