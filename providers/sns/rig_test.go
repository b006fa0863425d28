package sns

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

// direct calls a handler without a network, so that tests can run in virtual time.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (answer *http.Response, err error) {
	rec := httptest.NewRecorder()
	defer func() {
		if why := recover(); why != nil {
			if why != http.ErrAbortHandler { //nolint:errorlint // it is a value of panics
				panic(why)
			}
			answer, err = nil, http.ErrServerClosed
		}
	}()
	d.ServeHTTP(rec, r)
	return rec.Result(), r.Context().Err()
}

func config(topic string, change func(*SinkConfig)) SinkConfig {
	c := Sink.Defaults.(SinkConfig)
	c.Topic = topic
	if change != nil {
		change(&c)
	}
	return c
}

// over returns a sink whose requests go to h. It is closed with the test.
func over(t testing.TB, h http.Handler, c SinkConfig) *sink {
	t.Helper()
	k := newSink(c, pipeline.System, quiet)
	k.load = func(ctx context.Context) (*awsapi.Caller, error) {
		caller, err := awsapi.Settings{Endpoint: "http://sns.test", AccessKeyID: "test", Region: "us-east-1"}.Load(ctx, "", "SNS")
		if err != nil {
			return nil, err
		}
		return caller.Through(direct{h}), nil
	}
	t.Cleanup(func() { _ = k.close() })
	return k
}

// started is [over] for a sink that starts.
func started(t testing.TB, h http.Handler, c SinkConfig) *sink {
	t.Helper()
	k := over(t, h, c)
	if err := k.start(context.Background()); err != nil {
		t.Fatal(err)
	}
	return k
}

// server makes a double with a topic t and a queue q that gets its messages raw.
func server(t testing.TB, o sqstest.Options, suffix string) (*sqstest.Server, string) {
	t.Helper()
	s, err := sqstest.Handler(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	attributes := map[string]string{}
	if suffix != "" {
		attributes["FifoQueue"] = "true"
	}
	if _, err := s.CreateQueue("q"+suffix, attributes); err != nil {
		t.Fatal(err)
	}
	arn := s.CreateTopic("t" + suffix)
	subscribe(t, s, arn, s.QueueARN("q"+suffix), true)
	return s, arn
}

func subscribe(t testing.TB, s http.Handler, topic, queue string, raw bool) {
	t.Helper()
	k := over(t, s, config(topic, nil))
	caller, err := k.load(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var f form
	f.add("TopicArn", topic)
	f.add("Protocol", "sqs")
	f.add("Endpoint", queue)
	f.add("Attributes.entry.1.key", "RawMessageDelivery")
	f.add("Attributes.entry.1.value", fmt.Sprint(raw))
	if err := (&api{caller, "http://sns.test"}).call(context.Background(), "Subscribe", f, new(struct{})); err != nil {
		t.Fatal(err)
	}
}

// deliverAll delivers events at the same time.
func deliverAll(k *sink, bodies ...string) []error {
	errs := make([]error, len(bodies))
	var calls sync.WaitGroup
	for i, body := range bodies {
		calls.Go(func() {
			errs[i] = k.deliver(context.Background(), pipeline.NewEvent(fmt.Sprint("id", i), []byte(body)))
		})
	}
	calls.Wait()
	return errs
}

// sentTo waits for n messages in a queue: what SNS has it delivers in its own time.
func sentTo(t testing.TB, s *sqstest.Server, queue string, n int) []sqstest.MessageState {
	t.Helper()
	until := time.Now().Add(20 * time.Second)
	for {
		list := s.Messages(queue)
		if len(list) >= n || time.Now().After(until) {
			if len(list) != n {
				t.Fatalf("%d messages in %s, want %d", len(list), queue, n)
			}
			return list
		}
		<-time.After(5 * time.Millisecond)
	}
}

func exprOf(t testing.TB, text string) pipeline.Expr {
	t.Helper()
	x, err := pipeline.ParseExpr(text)
	if err != nil {
		t.Fatal(err)
	}
	return *x
}

// answers is a service that answers requests to publish with what the test says, and
// all else with an empty answer.
type answers func(bodies []string) (status int, xml string)

func (a answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	if r.Form.Get("Action") != "PublishBatch" {
		_, _ = w.Write([]byte("<r/>"))
		return
	}
	var bodies []string
	for i := 1; r.Form.Has(fmt.Sprintf("PublishBatchRequestEntries.member.%d.Id", i)); i++ {
		bodies = append(bodies, r.Form.Get(fmt.Sprintf("PublishBatchRequestEntries.member.%d.Message", i)))
	}
	status, text := a(bodies)
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}

func refused(code string, status int) (int, string) {
	return status, "<ErrorResponse><Error><Code>" + code + "</Code><Message>no</Message></Error></ErrorResponse>"
}
