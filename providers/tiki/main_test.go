package tiki

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/tiki/tikitest"
	"github.com/leat-io/leat/stages"
	"github.com/leat-io/leat/state/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bubble runs f in virtual time.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// direct reaches a server without a network.
type direct struct{ http.RoundTripper }

func (direct) CloseIdleConnections() {}

// newServer makes a server with one queue, called q, of its client.
func newServer(t *testing.T, o tikitest.Options) *tikitest.Server {
	t.Helper()
	s, err := tikitest.Handler(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.AddQueue("q")
	return s
}

// ours is a catalog with a source that reaches its queue without a network.
func ours(s *tikitest.Server) pipeline.Catalog {
	return through(s.Direct())
}

func through(way http.RoundTripper) pipeline.Catalog {
	source := pipeline.DefineSource("tiki", Source.Defaults.(SourceConfig), func(c SourceConfig, env *pipeline.Env) (*pipeline.Source, error) {
		return newSource(c, env, direct{way}), nil
	})
	return pipeline.Catalog{Stages: stages.All(), Sources: []pipeline.SourceDef{source}}
}

// cable is a way to a server that can be cut.
type cable struct {
	to  http.RoundTripper
	cut atomic.Bool
}

func (c *cable) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.cut.Load() {
		return nil, errors.New("the network is away")
	}
	return c.to.RoundTrip(r)
}

// from is the setting of a source of the queue.
func from(s *tikitest.Server, more string) string {
	return fmt.Sprintf("{tiki: {queue: q, client_id: client, client_secret: secret, base_url: %q, token_url: %q%s}}", s.BaseURL, s.TokenURL, more)
}

// flow is a flow from the queue to a recorder.
func flow(s *tikitest.Server, stages string) string {
	return fmt.Sprintf("version: 1\nflows: {f: {from: %s, stages: [%s], to: out, on_error: {dead_letter: dead}}}\nsinks: {out: {record: {}}, dead: {record: {}}}\n", from(s, ""), stages)
}

func start(t *testing.T, s *tikitest.Server, o flowtest.Options) *flowtest.Rig {
	t.Helper()
	if o.Catalog.Sources == nil {
		o.Catalog = ours(s)
	}
	return flowtest.Start(t, flow(s, ""), o)
}

// event is one of Tiki's.
func event(n int) string {
	return fmt.Sprintf(`{"id":"e%d","sid":"S1","created_at":%d,"payload":{"order_code":"o%d","n":%d},"type":"ORDER_STATUS_UPDATED","version":"v1"}`, n, 1604388548418+n, n%3, n)
}

func push(t testing.TB, s *tikitest.Server, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		if err := s.Push("q", event(n)); err != nil {
			t.Fatal(err)
		}
	}
}

func ids(from, to int) (list []string) {
	for n := from; n < to; n++ {
		list = append(list, fmt.Sprintf("e%d", n))
	}
	return list
}

// delivered are the ids of what reached the sink out, in the order in which the source gave
// them: what the flow makes of that is up to its stages.
func delivered(rig *flowtest.Rig) (list []string) {
	got := rig.Recorder.Got("out")
	slices.SortFunc(got, func(a, b flowtest.Got) int { return a.Seq.Compare(b.Seq) })
	for _, g := range got {
		list = append(list, g.ID)
	}
	return list
}

func removed(s *tikitest.Server) int {
	q, _ := s.Queue("q")
	return q.Removed
}

// pulls notes the pulls that a server gets.
type pulls struct {
	mu     sync.Mutex
	bodies []string
	at     []time.Time
	fail   func(tikitest.Call) *tikitest.Fault
}

func (p *pulls) intercept(c tikitest.Call) *tikitest.Fault {
	if c.Action == tikitest.Pull {
		p.mu.Lock()
		p.bodies, p.at = append(p.bodies, c.Body), append(p.at, time.Now())
		p.mu.Unlock()
	}
	if p.fail == nil {
		return nil
	}
	return p.fail(c)
}

func (p *pulls) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.bodies...)
}

func (p *pulls) times() []time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]time.Time{}, p.at...)
}

// settle lets time pass in a bubble.
func settle(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// journal is what was logged.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// stop stops a rig within a minute of virtual time.
func stop(t *testing.T, rig *flowtest.Rig) {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- rig.Stop() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Error("the flow does not stop")
	}
}

// rewriting takes ack_ids out of requests.
type rewriting struct {
	server *tikitest.Server
	is     *atomic.Bool
}

func (w rewriting) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.is.Load() && strings.HasSuffix(r.URL.Path, "/events/pull") {
		r.Body = io.NopCloser(strings.NewReader(`{"ack_id":null}`))
	}
	return w.server.Direct().RoundTrip(r)
}

// withRecorder adds what a flow needs to be checked.
func withRecorder(c pipeline.Catalog) pipeline.Catalog {
	c.Sinks = append(c.Sinks, pipeline.DefineSink("record", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Handler, error) {
		return func(context.Context, *pipeline.Event) error { return nil }, nil
	}))
	c.States = append(c.States, memory.State)
	return c
}

// eventually polls until done is true, for tests with a network.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); !done(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not after half a minute", what)
		}
	}
}

// quoting answers calls about queues with what was sent.
type quoting struct{ server *tikitest.Server }

func (q quoting) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/token") {
		return q.server.Direct().RoundTrip(r)
	}
	return &http.Response{StatusCode: 403, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(fmt.Sprint(r.Header)))}, nil
}
