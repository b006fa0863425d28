package admin_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/admin"
	"github.com/leat-io/leat/deadletters"
	"github.com/leat-io/leat/pipeline"
)

const secret = "0123456789abcdef"

func TestWhoMayAsk(t *testing.T) {
	none := func(*http.Request) {}
	header := func(name, value string) func(*http.Request) {
		return func(q *http.Request) { q.Header.Set(name, value) }
	}
	host := func(name string) func(*http.Request) { return func(q *http.Request) { q.Host = name } }
	const status, pause = "/api/v1/status", "/api/v1/flows/parcels/pause"
	cases := map[string]struct {
		token  pipeline.Secret
		method string
		path   string
		change func(*http.Request)
		want   int
	}{
		"this machine":             {"", "GET", status, none, 200},
		"by its address":           {"", "GET", status, host("127.0.0.1:7070"), 200},
		"by its address, IPv6":     {"", "GET", status, host("[::1]:7070"), 200},
		"a name that leads here":   {"", "GET", status, host("rebound.example:7070"), 403},
		"no host":                  {"", "GET", status, host(""), 403},
		"the page by such a name":  {"", "GET", "/", host("rebound.example"), 403},
		"act":                      {"", "POST", pause, none, 200},
		"a form":                   {"", "POST", pause, header("Content-Type", "application/x-www-form-urlencoded"), 403},
		"text that is JSON":        {"", "POST", pause, header("Content-Type", "text/plain"), 403},
		"another site":             {"", "POST", pause, header("Sec-Fetch-Site", "cross-site"), 403},
		"another port":             {"", "POST", pause, header("Sec-Fetch-Site", "same-site"), 403},
		"this page":                {"", "POST", pause, header("Sec-Fetch-Site", "same-origin"), 200},
		"another origin":           {"", "POST", pause, header("Origin", "http://evil.example"), 403},
		"this origin":              {"", "POST", pause, header("Origin", "http://localhost:7070"), 200},
		"no origin to speak of":    {"", "POST", pause, header("Origin", "null"), 403},
		"acting by looking":        {"", "GET", pause, none, 404},
		"without the token":        {secret, "GET", status, none, 401},
		"with another":             {secret, "GET", status, header("Authorization", "Bearer 0123456789abcdeF"), 401},
		"with it":                  {secret, "GET", status, header("Authorization", "Bearer "+secret), 200},
		"by any name, with it":     {secret, "GET", status, func(q *http.Request) { q.Host = "leat.example"; q.Header.Set("Authorization", "bearer "+secret) }, 200},
		"metrics without it":       {secret, "GET", "/metrics", none, 401},
		"the page needs none":      {secret, "GET", "/", host("leat.example"), 200},
		"probes need none":         {secret, "GET", "/livez", host("10.0.0.1"), 200},
		"what there is not":        {"", "GET", "/api/v1/flow", none, 404},
		"a file that is not there": {"", "GET", "/../admin.go", none, 404},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := start(t, func(o *admin.Options) { o.Config.Token = c.token })
			w := ask(r.server.Handler(), c.method, c.path, "", c.change)
			if w.Code != c.want && (c.path != "/../admin.go" || w.Code >= 500) {
				t.Errorf("%d, want %d: %s", w.Code, c.want, w.Body)
			}
			h := w.Header()
			if h.Get("Access-Control-Allow-Origin") != "" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || strings.Contains(h.Get("Content-Security-Policy"), "unsafe") {
				t.Errorf("headers: %v", h)
			}
		})
	}
}

func TestAnAddressThatOthersReachNeedsAToken(t *testing.T) {
	none := func() *pipeline.Pipeline { return nil }
	for _, listen := range []string{"0.0.0.0:7070", "[::]:7070", "10.1.2.3:7070", "leat.example:7070"} {
		if _, err := admin.New(admin.Options{Pipeline: none, Config: pipeline.AdminConfig{Listen: listen}}); err == nil || !strings.Contains(err.Error(), "token") {
			t.Errorf("%s: %v", listen, err)
		}
		if _, err := admin.New(admin.Options{Pipeline: none, Config: pipeline.AdminConfig{Listen: listen, Token: secret}}); err != nil {
			t.Error(err)
		}
	}
	if _, err := admin.New(admin.Options{Pipeline: none, Config: pipeline.AdminConfig{Token: "short"}}); err == nil || strings.Contains(err.Error(), "short ") {
		t.Error(err)
	}
}

func TestHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		synctest.Wait()
		r.down.Store(true)
		r.Feed.Send("1", `{"id":"1","parcel":"P","at":"2000-01-01T00:00:00Z"}`)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if err := r.Pipeline.Pause("parcels"); err != nil {
			t.Fatal(err)
		}
		w := ask(r.server.Handler(), "GET", "/readyz", "", nil)
		for _, line := range []string{"ok\n", "flow parcels: paused\n", "flow parcels: paused by hand, since 2000-01-01 00:00:02 UTC\n", "flow parcels: sink erp fails (1 event waits): connection refused, since 2000-01-01 00:00:01 UTC\n"} {
			if !strings.Contains(w.Body.String(), line) {
				t.Errorf("no line %q in\n%s", line, w.Body)
			}
		}
		a := ask(r.server.Handler(), "GET", "/readyz", "", func(q *http.Request) { q.Header.Set("Accept", "application/json") })
		if !strings.Contains(a.Body.String(), `"kind":"sink"`) {
			t.Errorf("%s", a.Body)
		}
	})
}

func TestNothingRunsYet(t *testing.T) {
	s, err := admin.New(admin.Options{Pipeline: func() *pipeline.Pipeline { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	for path, status := range map[string]int{"/livez": 200, "/readyz": 503, "/api/v1/status": 503, "/api/v1/dead/dead": 503, "/api/v1/config": 501, "/api/v1/reload": 404, "/api/v1/replay": 404, "/metrics": 404} {
		if w := ask(s.Handler(), "GET", path, "", nil); w.Code != status {
			t.Errorf("%s: %d, want %d", path, w.Code, status)
		}
	}
	if w := ask(s.Handler(), "POST", "/api/v1/reload", "{}", nil); w.Code != 501 {
		t.Errorf("%d", w.Code)
	}
}

func TestAFlowIsPausedAndResumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		synctest.Wait()
		if f := want[admin.Flow](t, r, 200, "POST", "/api/v1/flows/parcels/pause", ""); f.State != "paused" || !f.CanPause {
			t.Errorf("%+v", f)
		}
		if f := want[admin.Flow](t, r, 200, "POST", "/api/v1/flows/parcels/resume", "{}"); f.State != "running" {
			t.Errorf("%+v", f)
		}
		if f := want[admin.Flow](t, r, 200, "POST", "/api/v1/flows/parcels/drain", "{}"); f.State != "drained" {
			t.Errorf("%+v", f)
		}
		want[admin.Problem](t, r, 404, "POST", "/api/v1/flows/parcel/pause", "")
		if p := want[admin.Problem](t, r, 409, "POST", "/api/v1/flows/shop/pause", ""); !strings.Contains(p.Error, "no source of its own") {
			t.Error(p.Error)
		}
	})
}

func TestStatusCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		for _, e := range []string{`{"id":"1","parcel":"P","at":"2000-01-01T00:00:00Z"}`, `{"id":"1","parcel":"P","at":"2000-01-01T00:00:00Z"}`, `{"id":"2","parcel":"P","at":"2000-01-01T00:00:00Z","kind":"sale"}`, `{"id":"3","parcel":"P","at":"2000-01-01T00:00:00Z","kind":"noise"}`, `{`} {
			r.Feed.Send("", e)
		}
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		st := want[admin.Status](t, r, 200, "GET", "/api/v1/status", "")
		if f := st.Flows[0]; f.Held != 4 || len(f.Windows) != 1 || f.Windows[0].Held[6] != 3 {
			t.Errorf("%+v", f)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		st = want[admin.Status](t, r, 200, "GET", "/api/v1/status", "")
		sum := map[int64]int{}
		for _, n := range st.Ways {
			sum[n]++
		}
		f := st.Flows[0]
		if f.Read != 5 || f.DeadLetters != 1 || f.Held != 0 || f.Stages[2].Counts["duplicates"] != 1 || f.Stages[4].Counts["dropped"] != 1 || st.Flows[1].FromFlows != 1 {
			t.Errorf("%+v", f)
		}
		// the source; dead letters, both ways of the route, and the end of shop; dead letters of shop has none
		if sum[5] != 1 || sum[1] != 4 || len(st.Ways) != 5 {
			t.Errorf("ways: %v", st.Ways)
		}
	})
}

func TestALetterIsReadReplayedAndGone(t *testing.T) {
	r := start(t, nil)
	r.Feed.Send("", `{"id":"1","parcel":"P","at":"2000-01-01T00:00:00Z","note":"poison"}`)
	r.Feed.Send("", `{`)
	var list admin.Letters
	await(t, func() bool {
		list = want[admin.Letters](t, r, 200, "GET", "/api/v1/dead/dead", "")
		return list.Total == 2
	})
	if len(list.Groups) != 2 || list.Letters[0].Number != 2 {
		t.Errorf("%+v", list)
	}
	chosen := list.Letters[0]
	if chosen.Sink == "" {
		chosen = list.Letters[1]
	}
	one := want[admin.Letter](t, r, 200, "GET", "/api/v1/dead/dead/letters/"+chosen.Mark, "")
	if one.Payload == nil || !strings.Contains(*one.Payload, "poison") || one.Key != "P" {
		t.Errorf("%+v", one)
	}
	want[admin.Problem](t, r, 404, "GET", "/api/v1/dead/dead/letters/none", "")
	want[admin.Problem](t, r, 404, "GET", "/api/v1/dead/erp", "")
	want[admin.Problem](t, r, 400, "GET", "/api/v1/dead/dead?since=yesterday", "")
	want[admin.Problem](t, r, 400, "POST", "/api/v1/dead/dead/replay", `{"letter":["1"]}`)
	want[admin.Problem](t, r, 400, "POST", "/api/v1/dead/dead/replay", `{"marks":["`+strings.Repeat("x", 2<<20)+`"]}`)
	want[deadletters.Progress](t, r, 202, "POST", "/api/v1/dead/dead/replay", `{"letters":["1","2","9"]}`)
	var p deadletters.Progress
	await(t, func() bool {
		p = want[deadletters.Progress](t, r, 200, "GET", "/api/v1/replay", "")
		return p.Ended != nil
	})
	if p.Total != 2 || p.Replaced != 2 || len(p.Missing) != 1 || p.Error != "" {
		t.Errorf("%+v", p)
	}
	list = want[admin.Letters](t, r, 200, "GET", "/api/v1/dead/dead?all=true&limit=3", "")
	if list.Total != 4 || len(list.Letters) != 3 || list.Letters[0].Status != "waits" || list.Letters[2].Status != "replaced" {
		t.Errorf("%+v", list)
	}
	if list = want[admin.Letters](t, r, 200, "GET", "/api/v1/dead/dead?all=true&before=2", ""); len(list.Letters) != 1 {
		t.Errorf("%+v", list)
	}
}

// A replay that the end of the server cuts short leaves the letters of what is under way.
func TestAReplayEndsWithTheServer(t *testing.T) {
	r := start(t, nil)
	r.Feed.Send("", `{"id":"1","parcel":"P","at":"2000-01-01T00:00:00Z","note":"poison"}`)
	await(t, func() bool { return want[admin.Letters](t, r, 200, "GET", "/api/v1/dead/dead", "").Total == 1 })
	r.down.Store(true)
	want[deadletters.Progress](t, r, 202, "POST", "/api/v1/dead/dead/replay", `{}`)
	await(t, func() bool { return want[deadletters.Progress](t, r, 200, "GET", "/api/v1/replay", "").Total == 1 })
	if p := want[admin.Problem](t, r, 409, "POST", "/api/v1/dead/dead/replay", `{}`); !strings.Contains(p.Error, "at work") {
		t.Error(p.Error)
	}
	if err := r.server.Close(); err != nil {
		t.Fatal(err)
	}
	p := want[deadletters.Progress](t, r, 200, "GET", "/api/v1/replay", "")
	if p.Ended == nil || p.Left != 1 {
		t.Errorf("%+v", p)
	}
	if list := want[admin.Letters](t, r, 200, "GET", "/api/v1/dead/dead", ""); list.Total != 1 {
		t.Errorf("%+v", list)
	}
}

// await waits for what happens in other goroutines and on the disk.
func await(t *testing.T, is func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); !is(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatal("it does not come to be")
		}
	}
}

type reloader struct {
	status admin.ReloadStatus
	err    error
}

func (r *reloader) Reload(context.Context) (admin.ReloadStatus, error) { return r.status, r.err }

func TestReload(t *testing.T) {
	re := &reloader{status: admin.ReloadStatus{Applied: true, Text: "flow parcels is new"}}
	r := start(t, func(o *admin.Options) { o.Reloader = re })
	want[admin.ReloadStatus](t, r, 200, "POST", "/api/v1/reload", "")
	if st := want[admin.Status](t, r, 200, "GET", "/api/v1/status", ""); st.Reload == nil || st.Reload.Text != "flow parcels is new" {
		t.Errorf("%+v", st.Reload)
	}
	re.err = errors.New("a reload is at work")
	want[admin.Problem](t, r, 409, "POST", "/api/v1/reload", "")
}

func TestProblemsSendNoSecrets(t *testing.T) {
	_, report := pipeline.LoadText("p.yaml", "version: 1\nflows:\n  f: {from: {nothing: {}}, tokn: hunter2}\nsinks: {s: {none: {token: hunter2}}}\n", pipeline.Options{})
	excerpts := 0
	for _, p := range admin.ProblemsOf(report) {
		if p.Excerpt != "" {
			excerpts++
		}
		if strings.Contains(p.Excerpt, "token: hunter2") {
			t.Errorf("%+v", p)
		}
	}
	if excerpts == 0 {
		t.Error("no line of the file is shown")
	}
}

// The document of the API is what the code declares. go run ./docs/generate writes it.
func TestTheDocumentIsCurrent(t *testing.T) {
	kept, err := os.ReadFile("../docs/openapi.json")
	if err != nil || string(kept) != string(admin.OpenAPI()) {
		t.Errorf("docs/openapi.json is not current: go run ./docs/generate (%v)", err)
	}
}

func TestItListensAndCloses(t *testing.T) {
	r := start(t, func(o *admin.Options) { o.Config.Listen = "127.0.0.1:0" })
	if err := r.server.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get("http://" + r.server.Addr().String() + "/livez")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != 200 {
		t.Error(answer.Status)
	}
}
