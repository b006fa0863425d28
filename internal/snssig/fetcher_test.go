package snssig

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// handTime is a time that a test moves by hand.
type handTime struct{ passed atomic.Int64 }

func (h *handTime) now() time.Time          { return testTime.Add(time.Duration(h.passed.Load())) }
func (h *handTime) advance(d time.Duration) { h.passed.Add(int64(d)) }

func fetching(t *testing.T, w *wire, h *handTime) (*Verifier, *Fetcher) {
	f := NewFetcher(Options{Transport: w, Now: h.now})
	t.Cleanup(f.Close)
	return &Verifier{topics(t, testTopic), f}, f
}

func numbered(i int) []byte {
	return genuine().sign(notification().with("SigningCertURL", fmt.Sprintf("https://%s/%d.pem", host, i))).json()
}

func TestOneFetchForAThousandMessages(t *testing.T) {
	release := make(chan struct{})
	w := &wire{answer: func(*http.Request) (*http.Response, error) {
		<-release
		return respond(200, string(genuine().pem))
	}}
	var waiting sync.WaitGroup
	waiting.Add(1000)
	f := NewFetcher(Options{Transport: w, Now: new(handTime).now, Waiting: func(context.Context) { waiting.Done() }})
	defer f.Close()
	v, raw := &Verifier{topics(t, testTopic), f}, numbered(1)
	var all sync.WaitGroup
	for range 1000 {
		all.Go(func() {
			if err := verify(v, raw, testTime); err != nil {
				t.Error(err)
			}
		})
	}
	waiting.Wait()
	close(release)
	all.Wait()
	if err := verify(v, raw, testTime); err != nil || w.requests.Load() != 1 {
		t.Errorf("%d requests, %v", w.requests.Load(), err)
	}
}

func TestAWaiterWhoLeavesDoesNotTakeTheOthersAlong(t *testing.T) {
	release, began := make(chan struct{}), make(chan struct{}, 2)
	w := &wire{answer: func(q *http.Request) (*http.Response, error) {
		select {
		case <-release:
			return respond(200, string(genuine().pem))
		case <-q.Context().Done():
			return nil, q.Context().Err()
		}
	}}
	f := NewFetcher(Options{Transport: w, Waiting: func(context.Context) { began <- struct{}{} }})
	defer f.Close()
	v := &Verifier{topics(t, testTopic), f}
	var e Envelope
	if err := e.Read(numbered(1), 64); err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(t.Context())
	first, second := make(chan error), make(chan error)
	go func() { first <- v.Verify(ctx, &e, testTime) }()
	<-began
	go func() { second <- v.Verify(t.Context(), &e, testTime) }()
	<-began
	leave()
	if err := <-first; Permanent(err) || !errors.Is(err, context.Canceled) {
		t.Errorf("the first: %v", err)
	}
	close(release)
	if err := <-second; err != nil {
		t.Errorf("the second: %v", err)
	}
	if n := w.requests.Load(); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestAnOutageIsTransientAndPasses(t *testing.T) {
	var answer atomic.Pointer[func() (*http.Response, error)]
	set := func(f func() (*http.Response, error)) { answer.Store(&f) }
	w := &wire{answer: func(*http.Request) (*http.Response, error) { return (*answer.Load())() }}
	h := &handTime{}
	v, _ := fetching(t, w, h)
	for i, down := range []func() (*http.Response, error){
		func() (*http.Response, error) { return nil, errors.New("no route") }, func() (*http.Response, error) { return nil, context.DeadlineExceeded },
		func() (*http.Response, error) { return respond(500, "") }, func() (*http.Response, error) { return respond(503, "") }, func() (*http.Response, error) { return respond(429, "") },
	} {
		set(down)
		before := w.requests.Load()
		for range 100 {
			var e *Error
			if err := verify(v, numbered(i), testTime); !errors.As(err, &e) || e.Permanent || e.After <= 0 {
				t.Fatalf("%d: %v", i, err)
			}
		}
		if n := w.requests.Load() - before; n != 1 {
			t.Errorf("%d: %d requests without a pause", i, n)
		}
		set(func() (*http.Response, error) { return respond(200, string(genuine().pem)) })
		h.advance(time.Second)
		if err := verify(v, numbered(i), testTime); err != nil {
			t.Errorf("%d: does not recover: %v", i, err)
		}
	}
}

func TestPausesGrow(t *testing.T) {
	w, h := serving(500, ""), &handTime{}
	v, _ := fetching(t, w, h)
	for range 600 { // ten minutes
		if err := verify(v, numbered(1), testTime); Permanent(err) {
			t.Fatal(err)
		}
		h.advance(time.Second)
	}
	if n := w.requests.Load(); n < 15 || n > 30 {
		t.Errorf("%d requests in ten minutes", n)
	}
}

func TestWhatSNSDoesNotHaveIsRefusedForGood(t *testing.T) {
	large := string(genuine().pem) + strings.Repeat("x", maxAnswer)
	for name, w := range map[string]*wire{
		"404": serving(404, ""), "403": serving(403, ""), "400": serving(400, ""), "302": serving(302, string(genuine().pem)), "204": serving(204, ""),
		"text": serving(200, "<html>"), "nothing": serving(200, ""), "large": serving(200, large), "broken": serving(200, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
	} {
		h := &handTime{}
		v, _ := fetching(t, w, h)
		for range 3 {
			if err := verify(v, numbered(1), testTime); !Permanent(err) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := w.requests.Load(); n != 1 {
			t.Errorf("%s: %d requests", name, n)
		}
		w.answer = serving(200, string(genuine().pem)).answer
		h.advance(refusedFor)
		if err := verify(v, numbered(1), testTime); err != nil {
			t.Errorf("%s: not asked again: %v", name, err)
		}
	}
}

// Ten thousand messages with a certificate of their own each: requests and memory
// stay bounded, and a certificate that is known goes on serving.
func TestAFloodOfCertificatesIsBounded(t *testing.T) {
	w, h := serving(404, ""), &handTime{}
	w.answer = func(q *http.Request) (*http.Response, error) {
		if q.URL.Path == "/good.pem" {
			return respond(200, string(genuine().pem))
		}
		return respond(404, "")
	}
	v, f := fetching(t, w, h)
	known := genuine().sign(notification().with("SigningCertURL", "https://"+host+"/good.pem")).json()
	if err := verify(v, known, testTime); err != nil {
		t.Fatal(err)
	}
	signed := genuine().sign(notification())
	for i := range 10_000 {
		raw := signed.with("SigningCertURL", fmt.Sprintf("https://%s/%d.pem", host, i)).json()
		if verify(v, raw, testTime) == nil {
			t.Fatal("accepted")
		}
		if i%100 == 0 {
			h.advance(100 * time.Millisecond)
			if err := verify(v, known, testTime); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := w.requests.Load(); n > 1+burst+100 || n < 100 {
		t.Errorf("%d requests within ten seconds", n)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := f.bad.order.Len() + f.good.order.Len(); n > maxBad+maxGood || len(f.flying) != 0 || len(f.bad.byKey) != f.bad.order.Len() {
		t.Errorf("%d URLs are remembered", n)
	}
}

// Each of them is asked for in the end, so that none comes again for ever.
func TestAFloodComesToItsEnd(t *testing.T) {
	w, h := serving(404, ""), &handTime{}
	v, _ := fetching(t, w, h)
	for i := range 200 {
		for tries := 0; ; tries++ {
			err := verify(v, numbered(i), testTime)
			var e *Error
			if Permanent(err) {
				break
			}
			if !errors.As(err, &e) || e.After <= 0 || tries > 3 {
				t.Fatalf("%d: %v after %d tries", i, err, tries)
			}
			h.advance(e.After)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	r := newRecent[int](3)
	for i := range 10 {
		r.set(fmt.Sprint(i), i)
		r.get("0")
	}
	if _, ok := r.get("0"); !ok || r.order.Len() != 3 || len(r.byKey) != 3 {
		t.Error("it forgets what was used last, or nothing")
	}
	r.set("0", 7)
	r.forget("none")
	if v, _ := r.get("0"); v != 7 || r.order.Len() != 3 {
		t.Error(v)
	}
}

func TestAnOldCertificateServesUntilTheNewOneIsThere(t *testing.T) {
	w, h := serving(200, string(genuine().pem)), &handTime{}
	v, f := fetching(t, w, h)
	check := func(what string, wantErr bool, requests int64) {
		t.Helper()
		err := verify(v, numbered(1), testTime)
		f.flights.all.Wait()
		if (err != nil) != wantErr || w.requests.Load() != requests {
			t.Errorf("%s: %v, %d requests", what, err, w.requests.Load())
		}
	}
	check("first", false, 1)
	h.advance(fresh - 1)
	check("within a day", false, 1)
	w.answer = serving(500, "").answer
	h.advance(1)
	check("old, SNS is away", false, 2)
	check("still away", false, 2)
	w.answer = serving(404, "").answer
	h.advance(time.Minute)
	check("taken back", false, 3)
	check("known to be taken back", true, 3)
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var reached atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer elsewhere.Close()
	here := httptest.NewServer(http.RedirectHandler(elsewhere.URL+"/a.pem", http.StatusFound))
	defer here.Close()
	f := NewFetcher(Options{Endpoint: endpoint(t, here.URL)})
	defer f.Close()
	if err := verify(&Verifier{topics(t, testTopic), f}, numbered(1), testTime); !Permanent(err) || reached.Load() != 0 {
		t.Errorf("%v, %d requests elsewhere", err, reached.Load())
	}
}

func endpoint(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := ParseEndpoint(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestEndpointReplacesSchemeAndHost(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	var path string
	double := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		path = q.URL.Path
		_, _ = w.Write(genuine().pem)
	}))
	defer double.Close()
	f := NewFetcher(Options{Endpoint: endpoint(t, double.URL)})
	defer f.Close()
	if err := verify(&Verifier{topics(t, testTopic), f}, numbered(1), testTime); err != nil || path != "/1.pem" {
		t.Errorf("%v, path %s", err, path)
	}
	for _, wrong := range []string{"", "127.0.0.1:80", "ftp://x", "https://", "http://a/b", "http://u:p@a", "http://a?x", "http://a#x"} {
		if _, err := ParseEndpoint(wrong); err == nil {
			t.Errorf("%q is accepted", wrong)
		}
	}
}

func TestCloseEndsRequests(t *testing.T) {
	began := make(chan struct{})
	w := &wire{answer: func(q *http.Request) (*http.Response, error) {
		close(began)
		<-q.Context().Done()
		return nil, q.Context().Err()
	}}
	f := NewFetcher(Options{Transport: w})
	v, result := &Verifier{topics(t, testTopic), f}, make(chan error)
	go func() { result <- verify(v, numbered(1), testTime) }()
	<-began
	f.Close()
	if err := <-result; err == nil || Permanent(err) {
		t.Errorf("got %v", err)
	}
	if err := verify(v, numbered(2), testTime); err == nil || Permanent(err) {
		t.Errorf("after Close: %v", err)
	}
}
