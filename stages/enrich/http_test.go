package enrich

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/webcall"
	"github.com/leat-io/leat/pipeline"
)

// serve starts a service that answers all requests alike, and returns its URL.
func serve(t *testing.T, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func textOf(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

func statusOf(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func TestWhatAnswersMean(t *testing.T) {
	const ever, later = true, false // whether a failure is for good
	redirect := func(w http.ResponseWriter, q *http.Request) { http.Redirect(w, q, "/other", http.StatusFound) }
	long := strings.Repeat(" ", 300) + "1"
	chunked := func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, long[:1])
		w.(http.Flusher).Flush()
		_, _ = io.WriteString(w, long)
	}
	broken := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "50")
		_, _ = io.WriteString(w, `{"a":`)
	}
	for name, c := range map[string]struct {
		answer  http.HandlerFunc
		value   string // "": a miss
		err     string // what it says, "": none
		forGood bool
	}{
		"value":            {answer: textOf(`{"n": 1.50, "long":12345678901234567890}`), value: `{"n": 1.50, "long":12345678901234567890}`},
		"scalar":           {answer: textOf(` 7 `), value: ` 7 `},
		"byte order mark":  {answer: textOf("\ufeff[]"), value: `[]`},
		"as large as may":  {answer: textOf(long[:199] + "1"), value: long[:199] + "1"},
		"404":              {answer: statusOf(404)},
		"no JSON":          {textOf("<html>"), "", `the answer is not JSON: invalid character '<' looking for beginning of value at byte 0`, ever},
		"two values":       {textOf("{}{}"), "", "the answer is not JSON", ever},
		"nothing":          {textOf(""), "", "the answer is not JSON", ever},
		"not UTF-8":        {textOf("\"\xff\""), "", "the answer is not JSON", ever},
		"too deep":         {textOf(strings.Repeat("[", 65) + strings.Repeat("]", 65)), "", "nested deeper than 64 levels", ever},
		"too large":        {textOf(long), "", "the answer is larger than max_response, which is 200B", ever},
		"too large, parts": {chunked, "", "the answer is larger than max_response", ever},
		"redirect":         {redirect, "", "302: redirects are not followed", ever},
		"204":              {statusOf(204), "", "204: want 200 and JSON", ever},
		"400":              {statusOf(400), "", "400 Bad Request", ever},
		"401":              {statusOf(401), "", "401 Unauthorized", ever},
		"410":              {statusOf(410), "", "410 Gone", ever},
		"408":              {statusOf(408), "", "408 Request Timeout", later},
		"425":              {statusOf(425), "", "425 Too Early", later},
		"429":              {statusOf(429), "", "429 Too Many Requests", later},
		"500":              {statusOf(500), "", "500 Internal Server Error", later},
		"503":              {statusOf(503), "", "503 Service Unavailable", later},
		"breaks off":       {broken, "", "unexpected EOF", later},
	} {
		t.Run(name, func(t *testing.T) {
			base := serve(t, c.answer)
			through := webcall.NewTransport()
			defer through.CloseIdleConnections()
			value, found, err := lookupOf(t, "url: '"+base+"/{body.code}', max_response: 200B", through).Lookup(t.Context(), base+"/OSL")
			switch {
			case c.err == "" && (err != nil || found != (c.value != "") || string(value) != c.value):
				t.Errorf("got %q, %v, %v", value, found, err)
			case c.err != "" && (err == nil || found || !strings.HasPrefix(err.Error(), "GET "+base+": ") || !strings.Contains(err.Error(), c.err) || pipeline.Rejected(err) != c.forGood):
				t.Errorf("got %v, %v (for good: %v)", found, err, pipeline.Rejected(err))
			}
		})
	}
}

func TestRequestsCarryWhatTheSettingsSay(t *testing.T) {
	var got *http.Request
	s := &service{answer: func(w http.ResponseWriter, q *http.Request) { got = q; textOf("1")(w, q) }}
	l := lookupOf(t, "url: 'https://h/{body.code}?k=v', hosts: H, headers: {authorization: Bearer abc, Accept: application/hal+json}", s)
	if _, _, err := l.Lookup(t.Context(), "https://h/a%2Fb?k=v"); err != nil {
		t.Fatal(err)
	}
	if got.Method != "GET" || got.URL.RequestURI() != "/a%2Fb?k=v" || got.Header.Get("Authorization") != "Bearer abc" ||
		got.Header.Get("Accept") != "application/hal+json" || got.Header.Get("User-Agent") != "leat" {
		t.Errorf("%s %s %v", got.Method, got.URL, got.Header)
	}
}

func TestErrorsTellNoSecrets(t *testing.T) {
	through := roundTrip(func(q *http.Request) (*http.Response, error) {
		return nil, errors.New("malformed answer: " + q.Header.Get("Authorization") + " " + q.URL.RawQuery + " hunter2 p&w")
	})
	l := lookupOf(t, `url: "https://h/{body.code}?key=p%26w&user=hunter2", headers: {Authorization: Bearer open-sesame}`, through)
	_, _, err := l.Lookup(t.Context(), "https://h/a?key=p%26w&user=hunter2")
	if err == nil {
		t.Fatal("no error")
	}
	for _, secret := range []string{"open-sesame", "hunter2", "p%26w"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%s is told: %v", secret, err)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(q *http.Request) (*http.Response, error) { return f(q) }

func TestAServiceThatIsNotThereIsAFailureThatMayPass(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	through := webcall.NewTransport()
	defer through.CloseIdleConnections()
	_, found, err := lookupOf(t, "url: '"+gone.URL+"/{body.code}'", through).Lookup(t.Context(), gone.URL+"/OSL")
	if err == nil || found || pipeline.Rejected(err) {
		t.Errorf("%v, %v", found, err)
	}
}

func TestAFlowAsksAService(t *testing.T) {
	base := serve(t, func(w http.ResponseWriter, q *http.Request) {
		if q.Header.Get("X-Key") != "s3cret" || q.URL.Path != "/stations/OSL" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		textOf(`{"name":"Alnabru"}`)(w, q)
	})
	live := start(t, "http: {url: '${SERVICE}/stations/{body.code}', headers: {X-Key: '${KEY}'}}", map[string]string{"SERVICE": base, "KEY": "s3cret"})
	live.wants("OSL", `{"code":"OSL","station":{"name":"Alnabru"}}`)
	live.wants("BGO", station("BGO"))
}
