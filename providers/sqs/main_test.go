package sqs

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"go.uber.org/goleak"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(withServers{m}) }

// withServers stops the servers that tests have started before leaks are looked
// for.
type withServers struct{ m *testing.M }

func (w withServers) Run() int { return testservers.Main(w.m) }

// direct calls a server without a network, so that tests can run in virtual time.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	if d.hijacks(rec, r) {
		return nil, http.ErrServerClosed
	}
	return rec.Result(), r.Context().Err()
}

// hijacks reports whether the server dropped the connection.
func (d direct) hijacks(rec *httptest.ResponseRecorder, r *http.Request) (dropped bool) {
	defer func() {
		if why := recover(); why != nil {
			dropped = why == http.ErrAbortHandler
			if !dropped {
				panic(why)
			}
		}
	}()
	d.ServeHTTP(rec, r)
	return false
}

// newServer makes a server with one queue, called q unless attributes say that it
// is a FIFO queue.
func newServer(t *testing.T, o sqstest.Options, attributes map[string]string) (*sqstest.Server, string) {
	t.Helper()
	s, err := sqstest.Handler(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	name := "q"
	if attributes["FifoQueue"] != "" {
		name = "q.fifo"
	}
	if _, err := s.CreateQueue(name, attributes); err != nil {
		t.Fatal(err)
	}
	return s, name
}

var quiet = slog.New(slog.DiscardHandler)

func callerOf(t *testing.T, s *sqstest.Server, through http.RoundTripper) *awsapi.Caller {
	t.Helper()
	c, err := awsapi.Settings{Endpoint: s.URL, AccessKeyID: "test", Region: "us-east-1"}.Load(context.Background(), "", "SQS")
	if err != nil {
		t.Fatal(err)
	}
	if through != nil {
		c = c.Through(through)
	}
	return c
}

// rig is a subscriber of a queue of a server that is called directly.
type rig struct {
	t    *testing.T
	sub  *Subscriber
	out  <-chan *message.Message
	end  context.CancelFunc
	flow chan struct{} // closed when the flow stops
}

func subscribe(t *testing.T, s *sqstest.Server, name string, change func(*SourceConfig)) *rig {
	t.Helper()
	return subscribeThrough(t, s, direct{s}, name, change)
}

// subscribeThrough is [subscribe] with something between the subscriber and the
// server.
func subscribeThrough(t *testing.T, s *sqstest.Server, through http.RoundTripper, name string, change func(*SourceConfig)) *rig {
	t.Helper()
	c := Source.Defaults.(SourceConfig)
	c.Queue, c.Protocol = name, protocolJSON
	if change != nil {
		change(&c)
	}
	r := &rig{t: t, sub: newSubscriber(c, pipeline.System, quiet), flow: make(chan struct{})}
	r.sub.stopping = r.flow
	r.sub.plain = true
	ctx, cancel := context.WithCancel(context.Background())
	r.end = cancel
	openDirectly(t, r.sub, s, through)
	var err error
	if r.out, err = r.sub.Subscribe(ctx, name); err != nil {
		t.Fatal(err)
	}
	return r
}

// openDirectly has the subscriber reach its queue without a network.
func openDirectly(t *testing.T, sub *Subscriber, s *sqstest.Server, through http.RoundTripper) {
	t.Helper()
	caller := callerOf(t, s, through)
	sub.open = func(ctx context.Context, name string) (*queue, error) {
		o := &opener{protocol: sub.config.Protocol, visibility: sub.config.VisibilityTimeout, clock: sub.clock, log: sub.log}
		ref, err := parseQueue(name)
		if err != nil {
			return nil, err
		}
		return o.find(ctx, caller, ref)
	}
}

// next returns the next message, or fails when there is none for a minute.
func (r *rig) next() *message.Message {
	r.t.Helper()
	select {
	case m, ok := <-r.out:
		if !ok {
			r.t.Fatal("the channel is closed")
		}
		return m
	case <-time.After(time.Minute):
		r.t.Fatal("no message came")
		return nil
	}
}

// none fails when a message comes within d.
func (r *rig) none(d time.Duration) {
	r.t.Helper()
	select {
	case m := <-r.out:
		r.t.Fatalf("%s came", m.Payload)
	case <-time.After(d):
	}
}

func (r *rig) close() {
	r.t.Helper()
	r.end()
	if err := r.sub.Close(); err != nil {
		r.t.Error(err)
	}
}

// bubble runs f in virtual time.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}
