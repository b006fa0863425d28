package http

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

func sinkConfig(where string) SinkConfig {
	c := Sink.Defaults.(SinkConfig)
	c.URL = where
	return c
}

// serve starts a receiver and a sink that sends to it.
func serve(t *testing.T, answer http.HandlerFunc, change func(*SinkConfig)) pipeline.Handler {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return sinkTo(t, server.URL, change)
}

func sinkTo(t *testing.T, where string, change func(*SinkConfig)) pipeline.Handler {
	t.Helper()
	c := sinkConfig(where)
	if change != nil {
		change(&c)
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	h, closeSink := newSink(c, flowtest.NewClock())
	t.Cleanup(func() { _ = closeSink() })
	return h
}

func TestSendsTheVeryBytes(t *testing.T) {
	bodies := make(chan string, 1)
	types := make(chan string, 1)
	h := serve(t, func(_ http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		bodies <- string(body)
		types <- q.Header.Get("Content-Type")
	}, nil)
	for _, c := range [][2]string{
		{`{ "n" : 123456789012345678, "é":"\u00e9" }`, "application/json"}, {` 17 `, "application/json"},
		{"\ufeff <?xml version=\"1.0\"?><a/>", "text/xml"}, {"a;b\r\n", "application/octet-stream"}, {"\x00\xff", "application/octet-stream"}, {"", "application/octet-stream"},
	} {
		if err := h(t.Context(), pipeline.NewEvent("1", []byte(c[0]))); err != nil {
			t.Fatal(err)
		}
		if body, kind := <-bodies, <-types; body != c[0] || kind != c[1] {
			t.Errorf("sent %q as %s; want %q as %s", body, kind, c[0], c[1])
		}
	}
}

func TestHeadersSayWhatTheEventIs(t *testing.T) {
	headers := make(chan http.Header, 1)
	h := serve(t, func(_ http.ResponseWriter, q *http.Request) { headers <- q.Header }, func(c *SinkConfig) {
		c.Token = "t0ken"
		c.Headers = map[string]conf.Secret{"x-shop": "7"}
		c.ContentType = "application/vnd.acme+json"
	})
	e := pipeline.NewEvent("a\r\nX-Evil: 1", []byte(`{}`))
	e.Key, e.Type, e.Time = "päckchen ", "50%", time.Date(2026, 3, 14, 10, 0, 0, 1e6, time.FixedZone("", 3600))
	e.SetMeta(pipeline.MarkLate, "true")
	e.SetMeta(pipeline.MarkLateBy, "1m0s")
	e.SetMeta(pipeline.MarkOrderSeq, "17")
	e.SetMeta(pipeline.MarkUnordered, "true")
	e.SetMeta(pipeline.MarkGap, "true")
	e.SetMeta("leat.odd näme", "x")
	e.SetMeta("sns.topic", "private")
	if err := h(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	got := <-headers
	want := map[string]string{
		"Idempotency-Key": "a%0D%0AX-Evil: 1", "X-Leat-Id": "a%0D%0AX-Evil: 1", "X-Leat-Key": "p%C3%A4ckchen%20", "X-Leat-Type": "50%25",
		"X-Leat-Time": "2026-03-14T09:00:00.001Z", "X-Leat-Late": "true", "X-Leat-Late-By": "1m0s", "X-Leat-Order-Seq": "17", "X-Leat-Unordered": "true", "X-Leat-Gap": "true", "X-Leat-Odd-N-Me": "x",
		"Authorization": "Bearer t0ken", "X-Shop": "7", "Content-Type": "application/vnd.acme+json", "User-Agent": "leat",
		"Content-Length": "2", "X-Evil": "",
	}
	for name, value := range want {
		if got.Get(name) != value {
			t.Errorf("%s: %q, want %q", name, got.Get(name), value)
		}
	}
	if len(got) != len(want)-1 {
		t.Errorf("other headers: %v", got)
	}
}

func TestHeaderValuesComeBackExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ %a\n]{0,5}`)).Draw(t, "value")
		sent := escape(value)
		back, err := url.PathUnescape(sent)
		if err != nil || back != value || !headerSafe(sent) || strings.TrimSpace(sent) != sent {
			t.Fatalf("%q was sent as %q and came back as %q, %v", value, sent, back, err)
		}
	})
}

func TestWhatAnswersMean(t *testing.T) {
	const settled, again, rejected = "settled", "again", "rejected"
	cases := []struct {
		status int
		want   string
		after  string
		delay  time.Duration
	}{
		{200, settled, "", 0}, {201, settled, "", 0}, {202, settled, "9", 0}, {204, settled, "", 0},
		{301, rejected, "", 0}, {302, rejected, "", 0}, {304, rejected, "", 0}, {307, rejected, "", 0},
		{400, rejected, "", 0}, {401, rejected, "", 0}, {404, rejected, "7", 0}, {410, rejected, "", 0}, {413, rejected, "", 0}, {422, rejected, "", 0},
		{408, again, "", 0}, {425, again, "", 0}, {429, again, "", 0}, {429, again, "7", 7 * time.Second},
		{429, again, "Sat, 14 Mar 2026 09:01:00 GMT", time.Minute}, {503, again, "Sat, 14 Mar 2026 08:59:00 GMT", 0},
		{503, again, "99999999999999999999999", time.Hour}, {503, again, "Sat, 14 Mar 2028 09:01:00 GMT", time.Hour},
		{500, again, "soon", 0}, {500, again, "-5", 0}, {502, again, "", 0}, {504, again, "0", 0}, {599, again, "", 0}, {999, again, "", 0},
	}
	for _, c := range cases {
		h := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", c.after)
			w.Header().Set("Location", ":bad location")
			w.WriteHeader(c.status)
		}, nil)
		err := h(t.Context(), pipeline.NewEvent("1", []byte(`{}`)))
		got := again
		switch {
		case err == nil:
			got = settled
		case pipeline.Rejected(err):
			got = rejected
		}
		if got != c.want {
			t.Errorf("%d: %s (%v), want %s", c.status, got, err, c.want)
		}
		if deferred := err != nil && reflect.DeepEqual(err, pipeline.RetryAfter(errors.Unwrap(err), c.delay)); deferred != (c.delay > 0) {
			t.Errorf("%d, Retry-After: %s: want %s", c.status, c.after, c.delay)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var requests atomic.Int32
	h := serve(t, func(w http.ResponseWriter, q *http.Request) {
		requests.Add(1)
		http.Redirect(w, q, "/other?secret=1", http.StatusTemporaryRedirect)
	}, nil)
	err := h(t.Context(), pipeline.NewEvent("1", []byte(`{}`)))
	if !pipeline.Rejected(err) || !strings.Contains(err.Error(), "redirects are not followed") || strings.Contains(err.Error(), "secret") || requests.Load() != 1 {
		t.Errorf("%v after %d requests", err, requests.Load())
	}
}

func TestSecretsAreInNoError(t *testing.T) {
	secret := func(c *SinkConfig) {
		c.URL += "/hook?key=q%20uery&b=xyzzy"
		c.Token = "t0ken"
		c.Headers = map[string]conf.Secret{"X-Api-Key": "t0ken-and-more", "X-One": "1"}
	}
	quote := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, q *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, strings.Join(append(q.Header["Authorization"], q.Header["X-Api-Key"]...), " "))
			_, _ = io.WriteString(w, q.URL.String()+q.URL.Query().Get("key")+q.URL.Query().Get("b"))
		}
	}
	garbage := func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := http.NewResponseController(w).Hijack()
		_, _ = io.WriteString(conn, "t0ken xyzzy\r\n\r\n")
		_ = conn.Close()
	}
	handlers := map[string]pipeline.Handler{
		"4xx": serve(t, quote(400), secret), "5xx": serve(t, quote(500), secret),
		"no HTTP": serve(t, garbage, secret), "nobody there": sinkTo(t, "http://"+unused(t), secret),
	}
	for name, h := range handlers {
		err := h(t.Context(), pipeline.NewEvent("1", []byte(`{}`)))
		if err == nil || !strings.Contains(err.Error(), "POST http://127.0.0.1:") {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, text := range chain(err) {
			for _, s := range []string{"t0ken", "and-more", "uery", "xyzzy"} {
				if strings.Contains(text, s) {
					t.Errorf("%s: %s is in %q", name, s, text)
				}
			}
		}
	}
}

func chain(err error) (texts []string) {
	for ; err != nil; err = errors.Unwrap(err) {
		texts = append(texts, err.Error())
	}
	return texts
}

// unused returns an address that nobody listens on.
func unused(t *testing.T) string {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func TestFloodInTheAnswerIsCutOff(t *testing.T) {
	for status, settled := range map[int]bool{200: true, 400: false} {
		h := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			for { // until the sink hangs up
				if _, err := io.WriteString(w, strings.Repeat("a\x1b[31m\u202e\n\xff", 1000)); err != nil {
					return
				}
			}
		}, nil)
		err := h(t.Context(), pipeline.NewEvent("1", []byte(`{}`)))
		if (err == nil) != settled {
			t.Errorf("%d: %v", status, err)
		}
		if err != nil && (len(err.Error()) > 300 || strings.ContainsAny(err.Error(), "\x1b\n\u202e") || !strings.Contains(err.Error(), "a?[31m")) {
			t.Errorf("%q", err)
		}
	}
}

func TestConnectionsAreReused(t *testing.T) {
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, strings.Repeat("x", 10_000))
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	h := sinkTo(t, server.URL, nil)
	for range 5 {
		if h(t.Context(), pipeline.NewEvent("1", []byte(`{}`))) == nil {
			t.Fatal("settled by a 502")
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

func TestNoAnswerInTimeIsTransient(t *testing.T) {
	h := serve(t, func(_ http.ResponseWriter, q *http.Request) {
		_, _ = io.Copy(io.Discard, q.Body)
		<-q.Context().Done()
	}, func(c *SinkConfig) { c.Timeout = 20 * time.Millisecond })
	err := h(t.Context(), pipeline.NewEvent("1", []byte(`{}`)))
	if err == nil || pipeline.Rejected(err) || !strings.Contains(err.Error(), "no answer within 20ms") {
		t.Errorf("got %v", err)
	}
}

func TestEndOfTheContextEndsTheRequest(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	h := serve(t, func(_ http.ResponseWriter, q *http.Request) {
		_, _ = io.Copy(io.Discard, q.Body)
		cancel()
		<-q.Context().Done()
	}, nil)
	if err := h(ctx, pipeline.NewEvent("1", []byte(`{}`))); !errors.Is(err, context.Canceled) || pipeline.Rejected(err) {
		t.Errorf("got %v", err)
	}
}

func TestSinkSettingsThatCannotWork(t *testing.T) {
	cases := map[string]func(*SinkConfig){
		"url":          func(c *SinkConfig) { c.URL = "ftp://example.com" },
		"user":         func(c *SinkConfig) { c.URL = "https://me:pass@example.com" },
		"broken url":   func(c *SinkConfig) { c.URL = "https://me:pass/@example.com:x" },
		"relative":     func(c *SinkConfig) { c.URL = "/events" },
		"token":        func(c *SinkConfig) { c.Token = "pass\n" },
		"content_type": func(c *SinkConfig) { c.ContentType = "a\r\nb: c" },
		"timeout":      func(c *SinkConfig) { c.Timeout = 0 },
		"batch":        func(c *SinkConfig) { c.Batch = -1 },
		"batch_wait":   func(c *SinkConfig) { c.BatchWait = -1 },
		"name":         func(c *SinkConfig) { c.Headers = map[string]conf.Secret{"a b": ""} },
		"value":        func(c *SinkConfig) { c.Headers = map[string]conf.Secret{"a": "pass\r\nb"} },
		"own":          func(c *SinkConfig) { c.Headers = map[string]conf.Secret{"content-length": "1"} },
		"leat":         func(c *SinkConfig) { c.Headers = map[string]conf.Secret{"x-leat-id": "1"} },
		"two tokens": func(c *SinkConfig) {
			c.Token, c.Headers = "pass", map[string]conf.Secret{"authorization": "pass"}
		},
	}
	for name, change := range cases {
		c := sinkConfig("https://example.com/events")
		change(&c)
		if err := c.Validate(); err == nil || strings.Contains(err.Error(), "pass@") || strings.Contains(err.Error(), "pass\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := sinkConfig("https://example.com/events?a=b").Validate(); err != nil {
		t.Error(err)
	}
}

func TestNoMoreRequestsAreUnderWayThanAllowed(t *testing.T) {
	var now, most atomic.Int32
	full, answer := make(chan struct{}), make(chan struct{})
	h := serve(t, func(http.ResponseWriter, *http.Request) {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		full <- struct{}{}
		<-answer
		now.Add(-1)
	}, func(c *SinkConfig) { c.MaxRequests = 2 })
	done := make(chan error, 6)
	for range 6 {
		go func() { done <- h(context.Background(), pipeline.NewEvent("1", []byte("{}"))) }()
	}
	for range 3 {
		<-full
		<-full
		answer <- struct{}{}
		answer <- struct{}{}
	}
	for range 6 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if most.Load() > 2 {
		t.Errorf("%d requests at the same time, want at most 2", most.Load())
	}
}
