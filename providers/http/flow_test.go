package http

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/leat-io/leat/pipeline"
)

// running is a pipeline of an http source and any sink.
type running struct {
	t   *testing.T
	url string
}

type nothing struct{}

// run starts a pipeline whose sink "test" is h, and stops it with the test.
func run(t *testing.T, sink string, h pipeline.Handler) *running {
	t.Helper()
	file := filepath.Join(t.TempDir(), "pipeline.yaml")
	text := fmt.Sprintf("version: 1\nflows:\n  in:\n    from: {http: {listen: \":0\", path: /in}}\n    to: out\nsinks:\n  out: {%s}\n", sink)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	test := pipeline.DefineSink("test", nothing{}, func(nothing, *pipeline.Env) (pipeline.Handler, error) { return h, nil })
	address := make(addressLog, 1)
	p, err := pipeline.Load(file, pipeline.Options{
		Catalog: pipeline.Catalog{Sources: []pipeline.SourceDef{Source}, Sinks: []pipeline.SinkDef{Sink, test}},
		Log:     slog.New(address),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- p.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return &running{t, "http://" + <-address + "/in"}
}

// addressLog waits for the address that a source listens on.
type addressLog chan string

func (addressLog) Enabled(context.Context, slog.Level) bool { return true }
func (a addressLog) WithAttrs([]slog.Attr) slog.Handler     { return a }
func (a addressLog) WithGroup(string) slog.Handler          { return a }
func (a addressLog) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "listening for events" {
		r.Attrs(func(attr slog.Attr) bool {
			if attr.Key == "address" {
				a <- attr.Value.String()
			}
			return true
		})
	}
	return nil
}

func (r *running) post(body string, header ...string) int {
	r.t.Helper()
	q, _ := http.NewRequestWithContext(r.t.Context(), "POST", r.url, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

func TestElementsOfAnArrayAreEvents(t *testing.T) {
	seen := make(chan string, 10)
	r := run(t, "test: {}", func(_ context.Context, e *pipeline.Event) error {
		raw, _ := e.Bytes()
		seen <- fmt.Sprintf("%s %s", e.ID, raw)
		return nil
	})
	if status := r.post(` [ {"n": 1.0} ,2,["]"]] `, "Idempotency-Key", "abc"); status != 204 {
		t.Fatal(status)
	}
	if status := r.post(`<a>[1,2]</a>`, "X-Leat-Id", "%C3%A9", "Idempotency-Key", "abc"); status != 204 {
		t.Fatal(status)
	}
	if status := r.post(zipped(`[7]`), "Idempotency-Key", "a%b", "Content-Encoding", "gzip"); status != 204 {
		t.Fatal(status)
	}
	got := []string{<-seen, <-seen, <-seen, <-seen, <-seen}
	slices.Sort(got)
	want := []string{`a%b#0 7`, `abc#0 {"n": 1.0}`, `abc#1 2`, `abc#2 ["]"]`, `é <a>[1,2]</a>`}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestRequestsWithoutAnIDAreDifferentEvents(t *testing.T) {
	ids := make(chan string, 2)
	r := run(t, "test: {}", func(_ context.Context, e *pipeline.Event) error {
		ids <- e.ID
		return nil
	})
	r.post("{}")
	r.post("{}")
	if a, b := <-ids, <-ids; a == b || len(a) != 32 || len(b) != 32 {
		t.Errorf("ids %q and %q", a, b)
	}
}

func TestMetadataOfTheRequest(t *testing.T) {
	all, single := map[string]string{}, ""
	r := run(t, "test: {}", func(_ context.Context, e *pipeline.Event) error {
		for k, v := range e.AllMeta() {
			all[k] = v
		}
		if _, ok := e.LookupMeta("http.header.cookie"); ok || e.Received.IsZero() {
			t.Error("cookie or no receive time")
		}
		single = e.Meta("http.header.x-carrier")
		return nil
	})
	r.post("{}", "X-Carrier", "dhl", "Cookie", "a=b", "Authorization", "Basic x", "Proxy-Authorization", "Basic y")
	if single != "dhl" || all["http.header.x-carrier"] != "dhl" || all["http.path"] != "/in" || !strings.HasPrefix(all["http.remote"], "127.0.0.1:") {
		t.Errorf("got %q, %v", single, all)
	}
	for _, secret := range []string{"cookie", "authorization", "proxy-authorization"} {
		if v, ok := all["http.header."+secret]; ok {
			t.Errorf("%s: %s", secret, v)
		}
	}
}

func TestFailedElementFailsTheRequest(t *testing.T) {
	r := run(t, "test: {}", func(_ context.Context, e *pipeline.Event) error {
		if strings.HasSuffix(e.ID, "#1") {
			return pipeline.Reject(io.ErrUnexpectedEOF)
		}
		return nil
	})
	if status := r.post(`[1,2,3]`); status != 503 {
		t.Errorf("answered %d", status)
	}
}

func TestFromHTTPToHTTP(t *testing.T) {
	type request struct{ id, body string }
	requests := make(chan request, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		requests <- request{q.Header.Get("X-Leat-Id"), string(body)}
	}))
	defer server.Close()
	r := run(t, "http: {url: "+server.URL+"}", nil)
	if status := r.post(`{"a": 1}`, "Idempotency-Key", "50%"); status != 204 {
		t.Fatal(status)
	}
	if got := <-requests; got != (request{"50%25", `{"a": 1}`}) {
		t.Errorf("got %q", got)
	}
}

func TestListeningToAllWithoutATokenIsWarnedOf(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pipeline.yaml")
	for listen, warned := range map[string]bool{`"0.0.0.0:80"`: true, `"0.0.0.0:80", token: abc`: false, `":80"`: false} {
		text := "version: 1\nflows: {in: {from: {http: {listen: " + listen + "}}, to: out}}\nsinks: {out: {http: https://example.com/a}}\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		report := pipeline.Check(file, pipeline.Options{Catalog: pipeline.Catalog{Sources: []pipeline.SourceDef{Source}, Sinks: []pipeline.SinkDef{Sink}}})
		var out strings.Builder
		report.Print(&out)
		if report.Err() != nil || strings.Contains(out.String(), "without a token") != warned {
			t.Errorf("listen: %s\n%s", listen, out.String())
		}
	}
}
