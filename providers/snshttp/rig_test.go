package snshttp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/sqs/sqstest"
	"github.com/leat-io/leat/stages"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	topic      = "arn:aws:sns:eu-west-1:123456789012:parcels"
	otherTopic = "arn:aws:sns:eu-west-1:999999999999:parcels"
)

// rig is a flow from the source to the sink "out", and the SNS that delivers to
// it. In it nothing goes over a network, so that it can run in virtual time.
type rig struct {
	*flowtest.Rig
	t    *testing.T
	r    *receiver
	sns  *sqstest.Server
	toUs *toHandler // what SNS sends
	toIt *toHandler // what the source asks of SNS
	log  logged
}

// options of a rig.
type options struct {
	settings string // beside topics
	stages   string
	flow     string // further lines of the flow
	fail     func(sink string, e *pipeline.Event, attempt int) error
	sns      sqstest.Options
	topics   string // all of the setting
}

// inBubble runs f with a rig in virtual time.
func inBubble(t *testing.T, o options, f func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, o)
		r.Run()
		synctest.Wait()
		f(r)
		if err := r.Stop(); err != nil {
			t.Error(err)
		}
		r.sns.Close()
		r.mustKeepSecrets()
	})
}

func newRig(t *testing.T, o options) *rig {
	t.Helper()
	r := &rig{t: t, toUs: &toHandler{}, toIt: &toHandler{}}
	o.sns.Delivery.Transport = r.toUs
	var err error
	if r.sns, err = sqstest.Handler(o.sns); err != nil {
		t.Fatal(err)
	}
	r.toIt.to = r.sns
	source := pipeline.DefineSource("snshttp", Source.Defaults.(SourceConfig), func(c SourceConfig, env *pipeline.Env) (*pipeline.Source, error) {
		s, err := newSource(c, env, outside{listen: nowhere, transport: r.toIt})
		if err == nil {
			r.r = s.Subscriber.(*receiver)
			r.toUs.to = r.r
		}
		return s, err
	})
	r.Rig = flowtest.Load(t, o.yaml(), flowtest.Options{
		Catalog: pipeline.Catalog{Stages: stages.All(), Sources: []pipeline.SourceDef{source}}, Fail: o.fail,
		Log: slog.New(slog.NewTextHandler(&r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	return r
}

func (o options) yaml() string {
	if o.topics == "" {
		o.topics = "topics: ['" + topic + "', 'arn:aws:sns:us-east-1:000000000000:*']"
	}
	text := "version: 1\nflows:\n  f:\n    from: {snshttp: {" + strings.Trim(o.topics+", "+o.settings, ", ") + "}}\n"
	if o.stages != "" {
		text += "    stages: [" + o.stages + "]\n"
	}
	return text + "    to: out\n" + o.flow + "sinks: {out: record}\n"
}

// post sends the source a request and returns its answer.
func (r *rig) post(body []byte, header ...string) *http.Response {
	q := httptest.NewRequestWithContext(context.Background(), "POST", "/", bytes.NewReader(body))
	q.Header.Set("Content-Type", "text/plain; charset=UTF-8")
	for i := 0; i < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	return r.do(q)
}

func (r *rig) do(q *http.Request) *http.Response {
	rec := httptest.NewRecorder()
	r.r.ServeHTTP(rec, q)
	return rec.Result()
}

// want posts a body and checks the answer.
func (r *rig) want(status int, body []byte, header ...string) {
	r.t.Helper()
	answer := r.post(body, header...)
	text, _ := io.ReadAll(answer.Body)
	if answer.StatusCode != status {
		r.t.Errorf("answered %d %q, want %d", answer.StatusCode, text, status)
	}
	if again := answer.Header.Get("Retry-After"); (again != "") != (answer.StatusCode == http.StatusServiceUnavailable) {
		r.t.Errorf("Retry-After %q with status %d", again, answer.StatusCode)
	}
}

func (r *rig) wantOut(bodies ...string) {
	r.t.Helper()
	if got := r.Recorder.Bodies("out"); strings.Join(got, "|") != strings.Join(bodies, "|") {
		r.t.Errorf("out: %q, want %q", got, bodies)
	}
}

func (r *rig) wantCount(name string, n int64) {
	r.t.Helper()
	if got := r.Pipeline.Stats().Sum(name); got != n {
		r.t.Errorf("%s: %d, want %d", name, got, n)
	}
}

// wantAsked checks how many requests were made to SNS.
func (r *rig) wantAsked(n int) {
	r.t.Helper()
	if got := r.toIt.urls(); len(got) != n {
		r.t.Errorf("%d requests were made, want %d: %s", len(got), n, got)
	}
}

func (r *rig) genuine(message string) []byte { return r.sns.Notification(topic, message, nil) }

// mustKeepSecrets looks for what must not be logged.
func (r *rig) mustKeepSecrets() {
	for _, u := range r.toIt.urls() {
		if token := u.Query().Get("Token"); token != "" && strings.Contains(r.log.String(), token) {
			r.t.Errorf("the token is logged:\n%s", r.log.String())
		}
	}
	for _, secret := range []string{"Token=", "s3cret"} {
		if strings.Contains(r.log.String(), secret) {
			r.t.Errorf("%q is logged:\n%s", secret, r.log.String())
		}
	}
}

// call makes a call of the SNS API.
func (r *rig) call(action string, args ...string) string {
	r.t.Helper()
	form := url.Values{"Action": {action}, "Version": {"2010-03-31"}}
	for i := 0; i < len(args); i += 2 {
		form.Set(args[i], args[i+1])
	}
	q := httptest.NewRequestWithContext(context.Background(), "POST", "/", strings.NewReader(form.Encode()))
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	r.sns.ServeHTTP(rec, q)
	if rec.Code != http.StatusOK {
		r.t.Fatalf("%s: %d %s", action, rec.Code, rec.Body)
	}
	return rec.Body.String()
}

// subscribe subscribes the source to a topic of the double and returns its ARN.
func (r *rig) subscribe(attributes ...string) string {
	r.t.Helper()
	arn := r.sns.CreateTopic("parcels")
	r.call("Subscribe", append([]string{"TopicArn", arn, "Protocol", "http", "Endpoint", "http://leat.test/"}, attributes...)...)
	return arn
}

// toHandler is a transport that calls a handler.
type toHandler struct {
	to   http.Handler
	fail func(q *http.Request) (*http.Response, error) // if not nil, may answer instead

	mu   sync.Mutex
	seen []*url.URL
}

func (h *toHandler) urls() []*url.URL {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.seen
}

func (h *toHandler) RoundTrip(q *http.Request) (*http.Response, error) {
	h.mu.Lock()
	h.seen = append(h.seen, q.URL)
	fail := h.fail
	h.mu.Unlock()
	if fail != nil {
		if answer, err := fail(q); answer != nil || err != nil {
			return answer, err
		}
	}
	rec, done := httptest.NewRecorder(), make(chan struct{})
	go func() {
		defer close(done)
		if q.Body == nil {
			q.Body = http.NoBody
		}
		h.to.ServeHTTP(rec, q.WithContext(context.WithoutCancel(q.Context())))
	}()
	select {
	case <-done:
		return rec.Result(), nil
	case <-q.Context().Done():
		return nil, q.Context().Err()
	}
}

func (h *toHandler) setFail(f func(q *http.Request) (*http.Response, error)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fail = f
}

// status is an answer of SNS.
func status(code int) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		rec := httptest.NewRecorder()
		rec.Code = code
		return rec.Result(), nil
	}
}

func unreachable(*http.Request) (*http.Response, error) {
	return nil, errors.New("unreachable")
}

// silent never answers.
func silent(q *http.Request) (*http.Response, error) {
	<-q.Context().Done()
	return nil, q.Context().Err()
}

// logged is a log that can be read while it is written.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// noListener is one that nobody connects to.
type noListener struct {
	once   sync.Once
	closed chan struct{}
}

func nowhere(context.Context, string) (net.Listener, error) {
	return &noListener{closed: make(chan struct{})}, nil
}

func (l *noListener) Accept() (net.Conn, error) {
	<-l.closed
	return nil, net.ErrClosed
}

func (l *noListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *noListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// took reports how long f takes in virtual time.
func took(f func()) time.Duration {
	begun := time.Now()
	f()
	return time.Since(begun)
}
