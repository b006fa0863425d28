package sqs

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

func TestBothProtocols(t *testing.T) {
	for _, spoken := range []sqstest.Protocols{sqstest.JSON, sqstest.Query} {
		for _, asked := range []string{protocolAuto, string(spoken)} {
			t.Run(fmt.Sprintf("%s asked for %s", spoken, asked), func(t *testing.T) {
				bubble(t, func(t *testing.T) { testProtocol(t, spoken, asked) })
			})
		}
	}
}

func testProtocol(t *testing.T, spoken sqstest.Protocols, asked string) {
	s, name := newServer(t, sqstest.Options{Protocols: spoken}, map[string]string{"VisibilityTimeout": "40"})
	sent := []*outgoing{
		{body: `{"text":"ü \" \\ <&> 😀"}`, attributes: []attribute{
			{name: "shop", kind: "String", text: "ä<&>"}, {name: "count", kind: "Number", text: "12.5"},
			{name: "blob", kind: "Binary.raw", binary: []byte{0, 255}}, {name: "like", kind: "String.x", text: "y"},
			{name: "SentTimestamp", kind: "String", text: "mine"},
		}},
		{body: "plain"},
	}
	r := subscribe(t, s, name, func(c *SourceConfig) { c.Protocol = asked })
	failed, err := r.sub.subs[0].queue.send(t.Context(), sent)
	if err != nil || failed != nil {
		t.Fatal(failed, err)
	}
	m := r.next()
	if string(m.Payload) != sent[0].body {
		t.Errorf("the body is %q", m.Payload)
	}
	if m.UUID != m.Metadata["sqs.MessageId"] {
		t.Errorf("id %q, metadata %v", m.UUID, m.Metadata)
	}
	for name, want := range map[string]string{
		"shop": "ä<&>", "count": "12.5", "blob": "AP8=", "like": "y", "ApproximateReceiveCount": "1",
	} {
		if name == "ApproximateReceiveCount" {
			name = "sqs." + name
		}
		if got := m.Metadata[name]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if at := m.Metadata["sqs.SentTimestamp"]; at == "mine" || at == "" {
		t.Errorf("SentTimestamp is %q: a sender's attribute hides the system's", at)
	}
	if got := r.sub.subs[0].queue.visibility; got != 40*time.Second {
		t.Errorf("the visibility timeout was read as %s", got)
	}
	other := r.next()
	other.Ack()
	m.Nack()
	m = r.next()
	time.Sleep(5 * time.Minute)
	m.Ack()
	time.Sleep(time.Second)
	if state, _ := s.Queue(name); state.Deleted != 2 {
		t.Errorf("%+v", state)
	}
	r.close()
}

// Services that imitate SQS know little, and may have just one queue.
func TestProxies(t *testing.T) {
	for _, spoken := range []sqstest.Protocols{sqstest.JSON, sqstest.Query} {
		for _, c := range []struct{ name, queue, endpoint string }{
			{"empty name and endpoint with a path", "", "/api/v1/shipment-events"},
			{"URL with a path", "http://sqs.test/api/v1/shipment-events", ""},
			{"URL and endpoint", "http://sqs.test/api/v1/shipment-events", "/api/v1/shipment-events"},
			{"name and endpoint with a path", "shipment-events", "/api/v1/shipment-events"},
		} {
			t.Run(fmt.Sprint(spoken, " ", c.name), func(t *testing.T) {
				bubble(t, func(t *testing.T) { testProxy(t, spoken, c.queue, c.endpoint) })
			})
		}
	}
}

func testProxy(t *testing.T, spoken sqstest.Protocols, name, endpoint string) {
	var mu sync.Mutex
	var paths []string
	s, err := sqstest.Handler(sqstest.Options{
		Protocols: spoken, OnlyQueue: "shipment-events", Credentials: "api-key",
		Actions: []string{"GetQueueUrl", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_ = s.Send("shipment-events", "a", "b")
	settings := awsapi.Settings{AccessKeyID: "api-key", Region: "eu-central-1"}
	if endpoint != "" {
		settings.Endpoint = s.URL + endpoint
	}
	caller, err := settings.Load(t.Context(), "", "SQS")
	if err != nil {
		t.Fatal(err)
	}
	caller = caller.Through(roundTripper(func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		paths = append(paths, r.URL.Path)
		mu.Unlock()
		return direct{s}.RoundTrip(r)
	}))
	config := Source.Defaults.(SourceConfig)
	config.Wait, config.Extend, config.MaxPollers = 0, false, 1
	r := &rig{t: t, sub: newSubscriber(config, pipeline.System, quiet), flow: make(chan struct{})}
	r.sub.plain, r.sub.stopping = true, r.flow
	r.sub.open = func(ctx context.Context, name string) (*queue, error) {
		ref, err := parseQueue(name)
		if err != nil {
			return nil, err
		}
		return (&opener{protocol: protocolAuto, clock: pipeline.System, log: quiet}).find(ctx, caller, ref)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r.end = cancel
	if r.out, err = r.sub.Subscribe(ctx, name); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		r.next().Ack()
	}
	time.Sleep(10 * time.Second)
	synctest.Wait()
	if state, _ := s.Queue("shipment-events"); state.Deleted != 2 {
		t.Errorf("%+v, requests for %v", state, paths)
	}
	if n := s.Calls()["ReceiveMessage"]; n > 20 {
		t.Errorf("an empty queue was asked %d times in ten seconds", n)
	}
	if s.Calls()["CreateQueue"] != 0 {
		t.Error("CreateQueue was called")
	}
	r.close()
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
