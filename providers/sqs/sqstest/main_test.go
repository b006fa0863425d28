package sqstest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/leat-io/leat/providers/sqs/sqstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client speaks the JSON protocol, or the query protocol, without an SDK.
type client struct {
	t    *testing.T
	s    *sqstest.Server
	http *http.Client
}

func newClient(t *testing.T, s *sqstest.Server) *client {
	transport := &http.Transport{MaxIdleConnsPerHost: 10}
	t.Cleanup(transport.CloseIdleConnections)
	return &client{t, s, &http.Client{Transport: transport}}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
	json   map[string]any
}

func (c *client) do(q *http.Request) (answer, error) {
	got, err := c.http.Do(q)
	if err != nil {
		return answer{}, err
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	a := answer{status: got.StatusCode, header: got.Header, body: string(body)}
	_ = json.Unmarshal(body, &a.json)
	return a, err
}

func (c *client) try(action string, in map[string]any) (answer, error) {
	body, _ := json.Marshal(in)
	q, _ := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.s.URL, bytes.NewReader(body))
	q.Header.Set("Content-Type", "application/x-amz-json-1.0")
	q.Header.Set("X-Amz-Target", "AmazonSQS."+action)
	return c.do(q)
}

// call fails the test unless the call is answered.
func (c *client) call(action string, in map[string]any) answer {
	c.t.Helper()
	a, err := c.try(action, in)
	if err != nil {
		c.t.Fatalf("%s: %v", action, err)
	}
	return a
}

// ok fails the test unless the answer is a good one.
func (c *client) ok(action string, in map[string]any) answer {
	c.t.Helper()
	a := c.call(action, in)
	if a.status != http.StatusOK {
		c.t.Fatalf("%s: %d %s", action, a.status, a.body)
	}
	return a
}

func (c *client) form(where string, values ...string) answer {
	c.t.Helper()
	form := url.Values{}
	for i := 0; i < len(values); i += 2 {
		form.Set(values[i], values[i+1])
	}
	q, _ := http.NewRequestWithContext(c.t.Context(), http.MethodPost, where, strings.NewReader(form.Encode()))
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a, err := c.do(q)
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

// messages receives from the queue "q" without waiting.
func (c *client) messages(more ...any) (all []map[string]any) {
	c.t.Helper()
	in := map[string]any{"QueueUrl": c.s.QueueURL("q"), "MaxNumberOfMessages": 10}
	for i := 0; i < len(more); i += 2 {
		in[more[i].(string)] = more[i+1]
	}
	return messagesOf(c.ok("ReceiveMessage", in))
}

func messagesOf(a answer) (all []map[string]any) {
	list, _ := a.json["Messages"].([]any)
	for _, m := range list {
		all = append(all, m.(map[string]any))
	}
	return all
}

// withQueue starts a server with a queue "q" that holds messages.
func withQueue(t *testing.T, o sqstest.Options, attributes map[string]string, bodies ...string) (*sqstest.Server, *client) {
	t.Helper()
	s := sqstest.New(t, o)
	if _, err := s.CreateQueue("q", attributes); err != nil {
		t.Fatal(err)
	}
	if err := s.Send("q", bodies...); err != nil {
		t.Fatal(err)
	}
	return s, newClient(t, s)
}

func state(t *testing.T, s *sqstest.Server) sqstest.QueueState {
	t.Helper()
	q, ok := s.Queue("q")
	if !ok {
		t.Fatal("no queue q")
	}
	return q
}

// eventually waits for what other goroutines are about to do.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	for deadline := time.Now().Add(10 * time.Second); !is(); <-poll.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not after ten seconds", what)
		}
	}
}
