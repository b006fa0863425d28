package snsunwrap_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/internal/snssig/snssigtest"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/stages"
)

const topic = "arn:aws:sns:eu-west-1:123456789012:parcels"

// double stands for SNS: it serves the certificate and takes confirmations. It
// runs in real time, outside of the bubbles of the tests.
type double struct {
	*httptest.Server
	down         atomic.Int64 // how many requests it answers with 500
	certificates atomic.Int64
	confirmed    atomic.Int64
	mu           sync.Mutex
	tokens       []string
}

func newDouble(t *testing.T) *double {
	d := &double{}
	d.Server = httptest.NewServer(d)
	t.Cleanup(d.Close)
	return d
}

func (d *double) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	switch {
	case d.down.Add(-1) >= 0:
		w.WriteHeader(http.StatusInternalServerError)
	case strings.HasSuffix(q.URL.Path, "5.pem") || strings.HasSuffix(q.URL.Path, "f.pem"):
		d.certificates.Add(1)
		_, _ = w.Write(snssigtest.Shared().PEM)
	case q.URL.Query().Get("Action") == "ConfirmSubscription":
		d.confirmed.Add(1)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.tokens = append(d.tokens, q.URL.Query().Get("Token"))
		fmt.Fprintf(w, "<SubscriptionArn>%s:0f0e</SubscriptionArn>", q.URL.Query().Get("TopicArn"))
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// flow is a flow with the stage in a bubble, and what it logs.
type flow struct {
	*flowtest.Rig
	log  bytes.Buffer
	sent []*flowtest.Sent
}

// run has the payloads pass a stage with the given settings until all are settled.
func run(t *testing.T, settings string, payloads ...[]byte) *flow {
	return runFlow(t, yaml(settings), payloads...)
}

func runFlow(t *testing.T, yaml string, payloads ...[]byte) *flow {
	f := &flow{}
	synctest.Test(t, func(t *testing.T) {
		f.Rig = flowtest.Load(t, yaml, flowtest.Options{Catalog: pipeline.Catalog{Stages: stages.All()}, Log: slog.New(slog.NewTextHandler(&f.log, nil))})
		for i, p := range payloads {
			f.sent = append(f.sent, f.Feed.Send(fmt.Sprint(i), string(p)))
		}
		f.Feed.End()
		f.Run()
		if err := f.Wait(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
	})
	for i, s := range f.sent {
		if !s.Acked() {
			t.Errorf("message %d is not settled", i)
		}
	}
	return f
}

func yaml(settings string) string {
	return "version: 1\nflows:\n  f:\n    from: feed\n    stages:\n      - snsunwrap: {topics: ['" + topic + "'], " + settings + "}\n" +
		"    to: out\n    on_error: {dead_letter: dead}\nsinks: {out: record, dead: record}\n"
}

// check compares what came out with what should, and looks for secrets where
// none may be.
func (f *flow) check(t *testing.T, out string, dead int, counts map[string]int64) {
	t.Helper()
	if got := strings.Join(f.Recorder.Bodies("out"), " "); got != out {
		t.Errorf("out: %q, want %q", got, out)
	}
	letters := f.Recorder.Bodies("dead")
	if len(letters) != dead {
		t.Errorf("%d dead letters, want %d: %s", len(letters), dead, letters)
	}
	for name, want := range counts {
		if got := f.Pipeline.Stats().Sum(name); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
	for _, text := range append(letters, f.log.String()) {
		if strings.Contains(text, "s3cret") || strings.Contains(text, "ConfirmSubscription") {
			t.Errorf("a secret is told: %s", text)
		}
	}
}

func certificateFile(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "sns.pem")
	if err := os.WriteFile(path, snssigtest.Shared().PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func notification(id, text string) snssigtest.Message {
	return snssigtest.Notification(topic, id, text)
}

func TestOnlyGenuineMessagesGoOn(t *testing.T) {
	s := snssigtest.Shared()
	forged := bytes.Replace(s.Sign(notification("2", "paid: 10")), []byte("10"), []byte("99"), 1)
	foreign := s.Sign(snssigtest.Notification("arn:aws:sns:eu-west-1:999999999999:parcels", "3", "x"))
	unsigned := []byte(`{"Type":"Notification","MessageId":"4","Message":"x"}`)
	hostile := notification("5", "x")
	hostile["SigningCertURL"] = "https://example.com/a.pem"
	f := run(t, "certificate: "+certificateFile(t), s.Sign(notification("1", "genuine")), forged, foreign, unsigned, s.Sign(hostile), []byte("x"))
	f.check(t, "genuine", 5, nil)
	for _, why := range []string{"its Signature does not fit", "is not allowed here", "it has no TopicArn", "its SigningCertURL", "payload is not JSON"} {
		if !strings.Contains(strings.Join(f.Recorder.Bodies("dead"), ""), why) {
			t.Errorf("no dead letter says %q", why)
		}
	}
	if got := f.Recorder.Got("out")[0]; got.ID != "1" || got.Meta["sns.TopicArn"] != topic {
		t.Errorf("got %+v", got)
	}
}

func TestCertificatesAreFetchedOnce(t *testing.T) {
	d := newDouble(t)
	var in [][]byte
	for i := range 50 {
		in = append(in, snssigtest.Shared().Sign(notification(fmt.Sprint(i), "x")))
	}
	f := run(t, "endpoint: "+d.URL, in...)
	f.check(t, strings.TrimSpace(strings.Repeat("x ", 50)), 0, nil)
	if n := d.certificates.Load(); n != 1 {
		t.Errorf("fetched %d times", n)
	}
}

// While SNS is away, messages wait; those whose certificate does not exist do not.
func TestAnOutageLosesNothing(t *testing.T) {
	d := newDouble(t)
	d.down.Store(7)
	missing := notification("2", "x")
	missing["SigningCertURL"] = "https://sns.eu-west-1.amazonaws.com/missing.pem"
	s := snssigtest.Shared()
	f := run(t, "endpoint: "+d.URL, s.Sign(notification("1", "genuine")), s.Sign(missing))
	f.check(t, "genuine", 1, nil)
	if !strings.Contains(f.log.String(), "cannot be fetched: status 500") {
		t.Errorf("the outage is not logged:\n%s", f.log.String())
	}
}

func TestSubscriptionsAreConfirmedOnce(t *testing.T) {
	d, s := newDouble(t), snssigtest.Shared()
	asked := s.Sign(snssigtest.Confirmation(topic, "1", "s3cret"))
	ended := snssigtest.Confirmation(topic, "2", "s3cret2")
	ended["Type"] = "UnsubscribeConfirmation"
	foreign := s.Sign(snssigtest.Confirmation("arn:aws:sns:eu-west-1:999999999999:parcels", "3", "s3cret3"))
	forged := bytes.Replace(s.Sign(snssigtest.Confirmation(topic, "4", "s3cret4")), []byte("s3cret4"), []byte("s3cret5"), -1)
	f := run(t, "confirm: true, endpoint: "+d.URL, asked, asked, s.Sign(ended), foreign, forged, s.Sign(notification("5", "x")))
	f.check(t, "x", 0, map[string]int64{"confirmed": 2, "confirmations_refused": 2, "dropped": 5})
	if n := d.confirmed.Load(); n != 1 || d.tokens[0] != "s3cret" {
		t.Errorf("%d visits, tokens %q", n, d.tokens)
	}
	if !strings.Contains(f.log.String(), "subscription="+topic+":0f0e") {
		t.Errorf("the subscription is not logged:\n%s", f.log.String())
	}
}

// Not even a give_up_after makes a dead letter of what holds a token.
func TestAConfirmationWaitsForSNS(t *testing.T) {
	d := newDouble(t)
	d.down.Store(9)
	impatient := strings.Replace(yaml("confirm: true, certificate: "+certificateFile(t)+", endpoint: "+d.URL), "on_error: {", "on_error: {retry: {give_up_after: 1s}, ", 1)
	f := runFlow(t, impatient,
		snssigtest.Shared().Sign(snssigtest.Confirmation(topic, "1", "s3cret")), snssigtest.Shared().Sign(notification("2", "meanwhile")))
	f.check(t, "meanwhile", 0, map[string]int64{"confirmed": 1})
	if n := d.confirmed.Load(); n != 1 {
		t.Errorf("%d visits", n)
	}
}

func TestAConfirmationIsGivenUpWhenItsTokenHasExpired(t *testing.T) {
	d := newDouble(t)
	d.down.Store(1 << 40)
	f := run(t, "confirm: true, certificate: "+certificateFile(t)+", endpoint: "+d.URL, snssigtest.Shared().Sign(snssigtest.Confirmation(topic, "1", "s3cret")))
	f.check(t, "", 0, map[string]int64{"confirmations_refused": 1, "dropped": 1})
}

func TestWithoutConfirmNothingIsVisited(t *testing.T) {
	d := newDouble(t)
	f := run(t, "endpoint: "+d.URL, snssigtest.Shared().Sign(snssigtest.Confirmation(topic, "1", "s3cret")))
	f.check(t, "", 0, map[string]int64{"confirmed": 0, "dropped": 1})
	if n := d.confirmed.Load() + d.certificates.Load(); n != 0 {
		t.Errorf("%d requests", n)
	}
	if !strings.Contains(f.log.String(), "level=WARN") {
		t.Errorf("there is no warning:\n%s", f.log.String())
	}
}

func TestAStopHandsAConfirmationBack(t *testing.T) {
	d := newDouble(t)
	d.down.Store(1 << 40)
	settings := "confirm: true, certificate: " + certificateFile(t) + ", endpoint: " + d.URL
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Load(t, yaml(settings), flowtest.Options{Catalog: pipeline.Catalog{Stages: stages.All()}})
		sent := rig.Feed.Send("1", string(snssigtest.Shared().Sign(snssigtest.Confirmation(topic, "1", "s3cret"))))
		rig.Run()
		for rig.Pipeline.Stats().Held == 0 {
			time.Sleep(time.Second) // virtual
		}
		if err := rig.Stop(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if sent.Acked() || sent.Returned() != 1 || len(rig.Recorder.Bodies("dead")) != 0 {
			t.Errorf("acked %v, returned %d", sent.Acked(), sent.Returned())
		}
	})
}
