package enrich

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/stages/split"
)

// service is an HTTP service without a network, so that its tests run in virtual
// time. It counts the requests.
type service struct {
	answer http.HandlerFunc
	calls  atomic.Int32
}

func (s *service) RoundTrip(q *http.Request) (*http.Response, error) {
	s.calls.Add(1)
	rec := httptest.NewRecorder()
	s.answer(rec, q)
	if err := q.Context().Err(); err != nil {
		return nil, err
	}
	return rec.Result(), nil
}

func (s *service) CloseIdleConnections() {}

// catalog has the stage, asking the service whatever host a URL names.
func (s *service) catalog() pipeline.Catalog {
	return pipeline.Catalog{Stages: []pipeline.StageDef{split.Stage, pipeline.DefineStage("enrich", defaults, func(c Config, env *pipeline.Env) (pipeline.Stage, error) {
		from, err := openHTTP(c, env, s)
		if err != nil {
			return nil, err
		}
		return pipeline.Map(newStage(from, c, env).enrich), nil
	})}}
}

// stations is a service that takes d to answer with the name that was asked for.
func stations(d time.Duration) *service {
	return &service{answer: func(w http.ResponseWriter, q *http.Request) {
		if within(q, d) {
			fmt.Fprintf(w, `{"asked":%q}`, q.URL.EscapedPath())
		}
	}}
}

// within lets d pass, or less when nobody waits for the answer any more.
func within(q *http.Request, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-q.Context().Done():
		return false
	}
}

// sequence answers with one status after another, and then with the last.
func sequence(codes ...int) *service {
	s := &service{}
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		code := codes[min(int(s.calls.Load()), len(codes))-1]
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, `"`+http.StatusText(code)+`"`)
	}
	return s
}

const toService = "http: 'https://h/{body.code}'"

// flowOf is a pipeline.yaml with one stage of these settings.
func flowOf(settings string) string {
	return fmt.Sprintf(`version: 1
flows:
  f:
    from: feed
    stages: [{enrich: {as: station, %s}}]
    to: out
    on_error: {retry: {backoff: 1s}, dead_letter: dead}
sinks: {out: record, dead: record}
`, settings)
}

// station is an event that asks for a code.
func station(code string) string { return fmt.Sprintf(`{"code":%q}`, code) }

// bubble runs f in virtual time with a flow of one stage.
func (s *service) bubble(t *testing.T, settings string, f func(t *testing.T, rig *flowtest.Rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f(t, flowtest.Start(t, flowOf(settings), flowtest.Options{Catalog: s.catalog()}))
	})
}

// settle lets virtual time pass and everything that it sets off come to rest.
func settle(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func counts(t *testing.T, rig *flowtest.Rig, want map[string]int64) {
	t.Helper()
	for name, n := range want {
		if got := rig.Pipeline.Stats().Sum(name); got != n {
			t.Errorf("%s is %d, want %d", name, got, n)
		}
	}
}

// lookupOf is an HTTP lookup by itself.
func lookupOf(t *testing.T, settings string, through http.RoundTripper) *httpLookup {
	t.Helper()
	root, problems := conf.Parse([]conf.Source{{Name: "stage.yaml", Data: []byte("{as: a, http: {" + settings + "}}")}}, nil, nil)
	c := defaults
	conf.Decode(root, &c, problems)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	where, err := c.HTTP.URL.check()
	if err != nil {
		t.Fatal(err)
	}
	return newHTTPLookup(c.HTTP, where, through, pipeline.System)
}
