package enrich

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

func TestEventsOfOneKeyAskOnce(t *testing.T) {
	s := stations(time.Second)
	s.bubble(t, toService, func(t *testing.T, rig *flowtest.Rig) {
		for i := range 100 {
			rig.Feed.Send(fmt.Sprint(i), station("OSL"))
		}
		settle(time.Second)
		rig.Feed.Send("later", station("OSL"))
		synctest.Wait()
		for _, got := range rig.Recorder.Bodies("out") {
			if got != `{"code":"OSL","station":{"asked":"/OSL"}}` {
				t.Fatal(got)
			}
		}
		if n := s.calls.Load(); n != 1 {
			t.Errorf("%d requests", n)
		}
		counts(t, rig, map[string]int64{pipeline.CountDelivered: 101, "cache_hits": 1, "misses": 0, "lookups_failed": 0})
	})
}

// The parts of a message run one after another, unless one of them waits.
func TestEventsOfOtherKeysGoOnMeanwhile(t *testing.T) {
	s := &service{answer: func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path != "/slow" || within(q, time.Second) {
			textOf("1")(w, q)
		}
	}}
	synctest.Test(t, func(t *testing.T) {
		yaml := strings.Replace(flowOf(toService), "stages: [", "stages: [{split: body.events}, ", 1)
		rig := flowtest.Start(t, yaml, flowtest.Options{Catalog: s.catalog()})
		rig.Feed.Send("1", `{"events":[`+station("slow")+","+station("quick")+`]}`)
		settle(time.Second)
		want := []string{`{"code":"quick","station":1}`, `{"code":"slow","station":1}`}
		if got := rig.Recorder.Bodies("out"); !slices.Equal(got, want) {
			t.Error(got)
		}
	})
}

func TestEventsThatWaitGoBackWhenTheFlowStops(t *testing.T) {
	for _, onFailure := range []string{"retry", "pass", "reject"} {
		s := stations(time.Hour)
		s.bubble(t, "http: {url: 'https://h/{body.code}', timeout: 2h}, on_failure: "+onFailure, func(t *testing.T, rig *flowtest.Rig) {
			sent := []*flowtest.Sent{rig.Feed.Send("1", station("OSL")), rig.Feed.Send("2", station("OSL")), rig.Feed.Send("3", station("BGO"))}
			settle(time.Second)
			start := time.Now()
			if err := rig.Stop(); err != nil || time.Since(start) > time.Second {
				t.Errorf("stopped after %s: %v", time.Since(start), err)
			}
			synctest.Wait() // for the feed to hear of it
			for _, m := range sent {
				if m.Acked() || m.Returned() != 1 {
					t.Errorf("%s: message %s: settled %v, returned %d times", onFailure, m.ID, m.Acked(), m.Returned())
				}
			}
			counts(t, rig, map[string]int64{"lookups_failed": 0})
		})
	}
}

func TestAnEventWhoseContextEndsDoesNotPass(t *testing.T) {
	s := stations(time.Hour)
	synctest.Test(t, func(t *testing.T) {
		stage, end := s.stage(t, func(c *Config) { c.OnFailure = pass })
		defer end()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		e := pipeline.NewEvent("1", []byte(station("OSL")))
		if err := stage.enrich(ctx, e); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if raw, _ := e.Bytes(); string(raw) != station("OSL") {
			t.Errorf("changed to %s", raw)
		}
	})
}

// stage is the stage by itself.
func (s *service) stage(t testing.TB, change func(*Config)) (_ *stage, end func()) {
	c := defaults
	c.HTTP.URL = *addressOf(t, "https://h/{body.code}")
	c.HTTP.Timeout = 2 * time.Hour
	if err := c.As.UnmarshalText([]byte("station")); err != nil {
		t.Fatal(err)
	}
	change(&c)
	env := pipeline.NewEnv("test", nil, pipeline.Options{})
	from, err := openHTTP(c, env, s)
	if err != nil {
		t.Fatal(err)
	}
	return newStage(from, c, env), func() { _ = env.Close() }
}

func TestFailuresAreTriedAgainUntilThereIsAnAnswer(t *testing.T) {
	s := sequence(500, 500, 200)
	s.bubble(t, toService, func(t *testing.T, rig *flowtest.Rig) {
		sent := rig.Feed.Send("1", station("OSL"))
		settle(59 * time.Second)
		if n := s.calls.Load(); n != 1 || sent.Acked() {
			t.Errorf("%d requests before Retry-After was over", n)
		}
		settle(10 * time.Minute)
		if got := rig.Recorder.Bodies("out"); !slices.Equal(got, []string{`{"code":"OSL","station":"OK"}`}) {
			t.Error(got)
		}
		counts(t, rig, map[string]int64{"lookups_failed": 2})
	})
}

func TestEventsMayPassWithoutAnAnswer(t *testing.T) {
	s := sequence(500, 400, 200)
	var log bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, flowOf(toService+", on_failure: pass, default: none"), flowtest.Options{
			Catalog: s.catalog(), Log: slog.New(slog.NewTextHandler(&log, nil)),
		})
		for i := range 3 {
			rig.Feed.Send(fmt.Sprint(i), station("OSL"))
			synctest.Wait()
		}
		want := []string{station("OSL"), station("OSL"), `{"code":"OSL","station":"OK"}`}
		if got := rig.Recorder.Bodies("out"); !slices.Equal(got, want) {
			t.Error(got)
		}
		counts(t, rig, map[string]int64{"lookups_failed": 2, "misses": 0})
	})
	if n := strings.Count(log.String(), "a lookup failed"); n != 1 {
		t.Errorf("%d lines for two failures at once:\n%s", n, log.String())
	}
}

func TestFailuresBecomeDeadLetters(t *testing.T) {
	for settings, code := range map[string]int{"on_failure: reject": 500, "on_failure: retry": 403} {
		sequence(code).bubble(t, toService+", "+settings, func(t *testing.T, rig *flowtest.Rig) {
			rig.Feed.Send("1", station("OSL"))
			synctest.Wait()
			if got := rig.Recorder.Bodies("dead"); len(got) != 1 || !strings.Contains(got[0], "GET https://h: "+fmt.Sprint(code)) {
				t.Error(got)
			}
			counts(t, rig, map[string]int64{"lookups_failed": 1})
		})
	}
}

func TestMissesAreRememberedForAWhile(t *testing.T) {
	s := sequence(404, 200)
	s.bubble(t, toService+", cache: {negative_ttl: 30s}", func(t *testing.T, rig *flowtest.Rig) {
		for i, pause := range []time.Duration{0, 30*time.Second - 1, 1} {
			settle(pause)
			rig.Feed.Send(fmt.Sprint(i), station("OSL"))
			synctest.Wait()
		}
		want := []string{station("OSL"), station("OSL"), `{"code":"OSL","station":"OK"}`}
		if got := rig.Recorder.Bodies("out"); !slices.Equal(got, want) {
			t.Error(got)
		}
		counts(t, rig, map[string]int64{"misses": 2, "cache_hits": 1})
	})
}

func TestWhatIsMissedMayHaveADefaultOrBeADeadLetter(t *testing.T) {
	sequence(404).bubble(t, toService+", default: {name: unknown}", func(t *testing.T, rig *flowtest.Rig) {
		rig.Feed.Send("1", station("OSL"))
		synctest.Wait()
		if got := rig.Recorder.Bodies("out"); !slices.Equal(got, []string{`{"code":"OSL","station":{"name":"unknown"}}`}) {
			t.Error(got)
		}
	})
	sequence(404).bubble(t, toService+", on_miss: reject", func(t *testing.T, rig *flowtest.Rig) {
		rig.Feed.Send("1", station("OSL"))
		synctest.Wait()
		if got := rig.Recorder.Bodies("dead"); len(got) != 1 || !strings.Contains(got[0], `https://h has nothing for body.code = \"OSL\"`) {
			t.Error(got)
		}
	})
}

func TestNothingIsAskedForWithoutAName(t *testing.T) {
	s := stations(0)
	s.bubble(t, toService, func(t *testing.T, rig *flowtest.Rig) {
		for i, payload := range []string{`{"code":null}`, `{"code":""}`, `{}`} {
			rig.Feed.Send(fmt.Sprint(i), payload)
		}
		synctest.Wait()
		counts(t, rig, map[string]int64{"misses": 3, pipeline.CountDelivered: 3})
		if n := s.calls.Load(); n != 0 {
			t.Errorf("%d requests", n)
		}
	})
}

func TestHostileNamesAskNobody(t *testing.T) {
	s := stations(0)
	s.bubble(t, toService, func(t *testing.T, rig *flowtest.Rig) {
		rig.Feed.Send("1", station("../admin"))
		rig.Feed.Send("2", station("a/b?c"))
		synctest.Wait()
		if got := rig.Recorder.Bodies("dead"); len(got) != 1 || !strings.Contains(got[0], "look up https://h: a part of the path is nothing but dots") {
			t.Error(got)
		}
		if got := rig.Recorder.Bodies("out"); !slices.Equal(got, []string{`{"code":"a/b?c","station":{"asked":"/a%2Fb%3Fc"}}`}) {
			t.Error(got)
		}
	})
}

func TestAnAnswerThatTakesTooLongIsAFailure(t *testing.T) {
	stations(time.Hour).bubble(t, "http: {url: 'https://h/{body.code}', timeout: 2s}, on_failure: reject", func(t *testing.T, rig *flowtest.Rig) {
		rig.Feed.Send("1", station("OSL"))
		settle(2 * time.Second)
		if got := rig.Recorder.Bodies("dead"); len(got) != 1 || !strings.Contains(got[0], "GET https://h: no answer within 2s") {
			t.Error(got)
		}
	})
}

func TestRequestsWaitForTheirTurn(t *testing.T) {
	var mu sync.Mutex
	now, most := 0, 0
	s := &service{answer: func(w http.ResponseWriter, q *http.Request) {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		within(q, time.Second)
		mu.Lock()
		now--
		mu.Unlock()
		textOf("1")(w, q)
	}}
	s.bubble(t, "http: {url: 'https://h/{body.code}', timeout: 1500ms, max_requests: 3}", func(t *testing.T, rig *flowtest.Rig) {
		for i := range 30 {
			rig.Feed.Send(fmt.Sprint(i), station(fmt.Sprint(i)))
		}
		settle(time.Minute)
		if n := s.calls.Load(); most != 3 || n != 30 || len(rig.Recorder.IDs("out")) != 30 {
			t.Errorf("%d requests at once, %d in all, %d delivered", most, n, len(rig.Recorder.IDs("out")))
		}
	})
}

func TestWhatIsRememberedStaysWithinItsBounds(t *testing.T) {
	s := stations(0)
	s.bubble(t, toService+", cache: {max_entries: 2}", func(t *testing.T, rig *flowtest.Rig) {
		for i, code := range []string{"A", "B", "A", "C", "A", "B"} { // C takes the place of B
			rig.Feed.Send(fmt.Sprint(i), station(code))
			synctest.Wait()
		}
		if n := s.calls.Load(); n != 4 {
			t.Errorf("%d requests", n)
		}
		counts(t, rig, map[string]int64{"cache_hits": 2})
	})
}

func BenchmarkEnrichFromCache(b *testing.B) {
	s := &service{answer: textOf(`{"name":"Station 777","city":"Oslo","zip":"0777"}`)}
	stage, end := s.stage(b, func(*Config) {})
	defer end()
	raw := []byte(`{"no":"1001","code":"S777","location":{"code":"OSL","city":"Oslo"}}`)
	e := pipeline.NewEvent("1", raw)
	b.ReportAllocs()
	for b.Loop() {
		e.SetBytes(raw)
		if err := stage.enrich(context.Background(), e); err != nil {
			b.Fatal(err)
		}
	}
}
