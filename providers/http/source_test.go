package http

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/internal/listener"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// taker is a source under test and its one subscriber.
type taker struct {
	*receiver
	t        *testing.T
	clock    *flowtest.Clock
	messages <-chan *message.Message
	stop     context.CancelFunc
	client   *http.Client
}

func sourceConfig() SourceConfig {
	c := Source.Defaults.(SourceConfig)
	c.Listen = ":0"
	return c
}

func startSource(t *testing.T, change func(*SourceConfig)) *taker {
	t.Helper()
	c := sourceConfig()
	if change != nil {
		change(&c)
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	clock := flowtest.NewClock()
	return subscribe(t, clock, newReceiver(c, clock, slog.New(slog.DiscardHandler)))
}

func subscribe(t *testing.T, clock *flowtest.Clock, r *receiver) *taker {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	messages, err := r.Subscribe(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	s := &taker{r, t, clock, messages, cancel, &http.Client{Transport: &http.Transport{}}}
	t.Cleanup(func() {
		s.client.CloseIdleConnections()
		cancel()
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

type reply struct {
	status int
	header http.Header
	body   string
	err    error
}

func (s *taker) request(body io.Reader, header ...string) *http.Request {
	q, err := http.NewRequestWithContext(s.t.Context(), "POST", "http://"+s.Addr().String()+s.config.Path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	return q
}

func (s *taker) do(q *http.Request) reply {
	answer, err := s.client.Do(q)
	if err != nil {
		return reply{err: err}
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	return reply{answer.StatusCode, answer.Header, string(body), err}
}

// post sends a body in the background.
func (s *taker) post(body string) <-chan reply {
	q := s.request(strings.NewReader(body))
	replies := make(chan reply, 1)
	go func() { replies <- s.do(q) }()
	return replies
}

func wantStatus(t *testing.T, r reply, status int) {
	t.Helper()
	if r.err != nil || r.status != status {
		t.Fatalf("got %d %q, %v; want %d", r.status, r.body, r.err, status)
	}
	if again := r.header.Get("Retry-After"); (again == "1") != (status == http.StatusServiceUnavailable) {
		t.Errorf("Retry-After %q with status %d", again, status)
	}
}

func TestAnswersOnlyAfterTheAck(t *testing.T) {
	s := startSource(t, nil)
	replies := s.post(`{"a":1}`)
	m := <-s.messages
	select {
	case r := <-replies:
		t.Fatalf("answered %d before the ack", r.status)
	default:
	}
	m.Ack()
	wantStatus(t, <-replies, http.StatusNoContent)
}

func TestNackIs503(t *testing.T) {
	s := startSource(t, nil)
	replies := s.post(`{"a":1}`)
	(<-s.messages).Nack()
	wantStatus(t, <-replies, http.StatusServiceUnavailable)
}

func TestUnsettledInTimeIs503AndTheDeliveryGoesOn(t *testing.T) {
	s := startSource(t, nil)
	replies := s.post(`{"a":1}`)
	m := <-s.messages
	s.clock.Advance(30 * time.Second)
	wantStatus(t, <-replies, http.StatusServiceUnavailable)
	if err := m.Context().Err(); err != nil || !m.Ack() {
		t.Errorf("the delivery was cancelled: %v", err)
	}
}

func TestNotTakenInTimeIs503AndNothingEnters(t *testing.T) {
	s := startSource(t, nil)
	replies := s.post(`{"a":1}`)
	s.clock.Await(1)
	s.clock.Advance(30 * time.Second)
	wantStatus(t, <-replies, http.StatusServiceUnavailable)
	s.stop()
	if m, ok := <-s.messages; ok {
		t.Errorf("message %v entered after its request was given up", m)
	}
}

func TestClientThatGoesAwayDoesNotCancel(t *testing.T) {
	s := startSource(t, nil)
	ctx, leave := context.WithCancel(t.Context())
	q := s.request(strings.NewReader(`{"a":1}`)).WithContext(ctx)
	replies := make(chan reply, 1)
	go func() { replies <- s.do(q) }()
	m := <-s.messages
	leave()
	if r := <-replies; !errors.Is(r.err, context.Canceled) {
		t.Fatal(r.err)
	}
	if err := m.Context().Err(); err != nil || !m.Ack() {
		t.Errorf("the delivery was cancelled: %v", err)
	}
}

func TestClientThatOnlyStopsSendingGetsAnHonestAnswer(t *testing.T) {
	s := startSource(t, nil)
	conn := s.dial("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")
	m := <-s.messages
	_ = conn.CloseWrite()
	m.Nack()
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || answer.StatusCode != http.StatusServiceUnavailable {
		t.Fatal(answer, err)
	}
	_ = answer.Body.Close()
}

func (s *taker) dial(text string) *net.TCPConn {
	conn, err := new(net.Dialer).DialContext(s.t.Context(), "tcp", s.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(conn, text); err != nil {
		s.t.Fatal(err)
	}
	return conn.(*net.TCPConn)
}

func TestRefusesWithoutTakingAnythingIn(t *testing.T) {
	s := startSource(t, func(c *SourceConfig) {
		c.Path, c.Token, c.MaxBody, c.MaxEvents = "/events", "s3cret-token", 64, 3
	})
	cases := map[string]struct {
		change func(*http.Request)
		body   string
		status int
		says   string
	}{
		"wrong path":          {func(q *http.Request) { q.URL.Path = "/other" }, `{}`, 404, ""},
		"GET":                 {func(q *http.Request) { q.Method = "GET" }, `{}`, 405, "POST"},
		"no token":            {func(q *http.Request) { q.Header.Del("Authorization") }, `{}`, 401, ""},
		"wrong token":         {func(q *http.Request) { q.Header.Set("Authorization", "Bearer s3cret-toke") }, `{}`, 401, ""},
		"wrong scheme":        {func(q *http.Request) { q.Header.Set("Authorization", "Basic s3cret-token") }, `{}`, 401, ""},
		"empty":               {nil, ``, 400, "empty"},
		"blank":               {nil, " \n", 400, "empty"},
		"too large":           {nil, strings.Repeat("x", 65), 413, "64B"},
		"too large, no size":  {func(q *http.Request) { q.ContentLength = -1 }, strings.Repeat("x", 65), 413, "64B"},
		"broken array":        {nil, `[{"a":1},{"b":]`, 400, "at byte 14"},
		"cut array":           {nil, `[{"a":1},`, 400, "unexpected end"},
		"more after array":    {nil, `[1] [2]`, 400, "at byte 4"},
		"too deep":            {nil, strings.Repeat("[", 64), 400, ""},
		"too many":            {nil, `[1,2,3,4]`, 413, "3 events"},
		"unknown encoding":    {func(q *http.Request) { q.Header.Set("Content-Encoding", "br") }, `{}`, 415, "gzip"},
		"doubly gzipped":      {func(q *http.Request) { q.Header.Set("Content-Encoding", "gzip, gzip") }, `{}`, 415, "gzip"},
		"gzip that is not":    {func(q *http.Request) { q.Header.Set("Content-Encoding", "gzip") }, `{}`, 400, "read"},
		"gzip bomb":           {func(q *http.Request) { q.Header.Set("Content-Encoding", "gzip") }, zipped(strings.Repeat("x", 4000)), 413, "64B"},
		"gzip cut":            {func(q *http.Request) { q.Header.Set("Content-Encoding", "gzip") }, zipped("xyz")[:20], 400, "read"},
		"gzip too large sent": {func(q *http.Request) { q.Header.Set("Content-Encoding", "gzip") }, strings.Repeat("\x1f\x8b", 40), 413, "64B"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			q := s.request(strings.NewReader(c.body), "Authorization", "Bearer s3cret-token")
			if c.change != nil {
				c.change(q)
			}
			r := s.do(q)
			wantStatus(t, r, c.status)
			if !strings.Contains(r.body+r.header.Get("Allow"), c.says) || strings.Contains(r.body, "s3cret") {
				t.Errorf("answered %q; want %q in it", r.body, c.says)
			}
		})
	}
	s.stop()
	if _, ok := <-s.messages; ok {
		t.Error("a message entered")
	}
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.String()
}

func TestEmptyArrayIsSettledAtOnce(t *testing.T) {
	s := startSource(t, nil)
	wantStatus(t, <-s.post(` [ ] `), http.StatusNoContent)
}

func TestTokenLetsIn(t *testing.T) {
	s := startSource(t, func(c *SourceConfig) { c.Token = "s3cret" })
	go func() { (<-s.messages).Ack() }()
	wantStatus(t, s.do(s.request(strings.NewReader("{}"), "Authorization", "bearer s3cret")), http.StatusNoContent)
}

func TestTooManyRequestsAre503AtOnce(t *testing.T) {
	s := startSource(t, func(c *SourceConfig) { c.MaxRequests = 1 })
	first := s.post(`1`)
	m := <-s.messages
	wantStatus(t, <-s.post(`2`), http.StatusServiceUnavailable)
	m.Ack()
	wantStatus(t, <-first, http.StatusNoContent)
}

func TestSlowHeadersLoseTheConnection(t *testing.T) {
	clock := flowtest.NewClock()
	r := newReceiver(sourceConfig(), clock, slog.New(slog.DiscardHandler))
	r.Server.ReadHeaderTimeout = 20 * time.Millisecond
	s := subscribe(t, clock, r)
	conn := s.dial("POST / HTTP/1.1\r\nHost:")
	if rest, err := io.ReadAll(conn); err != nil {
		t.Errorf("read %q, %v; want the end", rest, err)
	}
}

func TestSlowBodyIs400AndNothingEnters(t *testing.T) {
	clock := flowtest.NewClock()
	r := newReceiver(sourceConfig(), clock, slog.New(slog.DiscardHandler))
	r.Server.ReadTimeout = 20 * time.Millisecond
	s := subscribe(t, clock, r)
	conn := s.dial("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
	rest, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(rest), "HTTP/1.1 400") {
		t.Errorf("read %q, %v", rest, err)
	}
}

func TestStopAnswersThoseWhoWait(t *testing.T) {
	s := startSource(t, nil)
	delivered := s.post(`1`)
	ack := <-s.messages
	returned := s.post(`2`)
	nack := <-s.messages
	outside := s.post(`3`)
	s.clock.Await(3)

	s.stop()
	for m := range s.messages {
		m.Nack() // the third may still slip in
	}
	wantStatus(t, <-outside, http.StatusServiceUnavailable)
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	ack.Ack()
	nack.Nack()
	wantStatus(t, <-delivered, http.StatusNoContent)
	wantStatus(t, <-returned, http.StatusServiceUnavailable)
	if err := <-closed; err != nil || s.Err() != nil {
		t.Error(err, s.Err())
	}
	if r := <-s.post(`4`); r.err == nil {
		t.Errorf("answered %d after it was closed", r.status)
	}
}

func TestCloseDoesNotWaitForEver(t *testing.T) {
	s := startSource(t, nil)
	replies := s.post(`1`)
	<-s.messages
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	s.clock.Await(2)
	s.clock.Advance(listener.CloseGrace)
	if r := <-replies; r.err == nil {
		wantStatus(t, r, http.StatusServiceUnavailable)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

func TestAddressesThatCannotBeListenedOnAreRefused(t *testing.T) {
	for _, bad := range []string{"", "8080", "a:b:c", ":http", ":65536", ":-1", "::1:80"} {
		config := sourceConfig()
		config.Listen = bad
		if config.Validate() == nil {
			t.Errorf("listen: %q is accepted", bad)
		}
	}
}

func FuzzBody(f *testing.F) {
	for _, seed := range []string{`{}`, `[1,{"a":[2]}]`, `[`, `<a/>`, "\x00", ` [ "]" , null ] `} {
		f.Add([]byte(seed))
	}
	r := newReceiver(sourceConfig(), pipeline.System, slog.New(slog.DiscardHandler))
	f.Fuzz(func(t *testing.T, body []byte) {
		q, _ := http.NewRequestWithContext(t.Context(), "POST", "/", nil)
		events, err := r.events(q, body)
		for _, e := range events {
			raw, _ := e.Bytes()
			if !bytes.Contains(body, raw) {
				t.Errorf("%q is not in %q", raw, body)
			}
		}
		if err != nil && len(events) > 0 {
			t.Errorf("%d events of a refused body", len(events))
		}
	})
}
