package tiki

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/tiki/tikitest"
)

func TestTK1FirstPullNullAckOnlyAfterAllAreSettled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := &pulls{}
		s := newServer(t, tikitest.Options{Intercept: p.intercept})
		push(t, s, 0, 150)
		var open atomic.Bool
		rig := start(t, s, flowtest.Options{Fail: func(_ string, e *pipeline.Event, _ int) error {
			if e.ID == "e42" && !open.Load() {
				return errors.New("not yet")
			}
			return nil
		}})
		settle(time.Hour)
		if got := p.all(); !slices.Equal(got, []string{`{"ack_id":null}`}) {
			t.Errorf("with one event of the first hundred not settled, the pulls were %q", got)
		}
		if n := len(rig.Recorder.Got("out")); n != 99 || removed(s) != 0 {
			t.Errorf("%d are delivered, %d removed", n, removed(s))
		}
		open.Store(true)
		settle(2 * time.Minute)
		if got := p.all(); len(got) < 3 || strings.Contains(got[1], "null") || strings.Contains(got[2], "null") || got[1] == got[2] {
			t.Errorf("the pulls were %q", got)
		}
		if n := len(rig.Recorder.Got("out")); n != 150 || removed(s) != 150 {
			t.Errorf("%d are delivered, %d removed", n, removed(s))
		}
		stop(t, rig)
	})
}

func TestTK1AfterACrashTheSameBatchComesAgainAndIsDeduplicated(t *testing.T) {
	for name, stuck := range map[string]string{"with one event on its way": "e7", "before it could acknowledge": ""} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newServer(t, tikitest.Options{})
				push(t, s, 0, 10)
				state := flowtest.NewState()
				cable := &cable{to: s.Direct()}
				first := flowtest.Start(t, flow(s, "dedupe: {}"), flowtest.Options{Catalog: through(cable), State: state, Fail: func(_ string, e *pipeline.Event, _ int) error {
					cable.cut.Store(true) // from here on it is as good as dead
					if e.ID == stuck {
						return errors.New("the sink is away")
					}
					return nil
				}})
				settle(time.Minute)
				stop(t, first)
				if removed(s) != 0 {
					t.Fatalf("%d are removed", removed(s))
				}
				state.KilledRun()
				second := flowtest.Start(t, flow(s, "dedupe: {}"), flowtest.Options{Catalog: ours(s), State: state})
				settle(time.Minute)
				if got := delivered(second); fmt.Sprint(got) != "["+stuck+"]" {
					t.Errorf("after the crash %v are delivered", got)
				}
				if removed(s) != 10 {
					t.Errorf("%d are removed", removed(s))
				}
				stop(t, second)
			})
		})
	}
}

func TestTK2AnEmptyQueueIsAskedOnceAMinute(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := &pulls{}
		s := newServer(t, tikitest.Options{Intercept: p.intercept})
		rig := start(t, s, flowtest.Options{})
		settle(10*time.Minute + time.Second)
		at := p.times()
		if len(at) != 11 {
			t.Fatalf("%d pulls within ten minutes", len(at))
		}
		for i, next := range at[1:] {
			if next.Sub(at[i]) != time.Minute {
				t.Errorf("pull %d came %s after the one before", i+1, next.Sub(at[i]))
			}
		}
		began := time.Now()
		stop(t, rig)
		if took := time.Since(began); took > 0 {
			t.Errorf("a stop while it waits took %s", took)
		}
	})
}

func TestTK2ATokenThatIsRefusedIsFetchedAnewOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer(t, tikitest.Options{})
		push(t, s, 0, 5)
		rig := start(t, s, flowtest.Options{})
		settle(time.Second)
		s.ExpireTokens()
		push(t, s, 5, 10)
		settle(time.Minute)
		if got := delivered(rig); !slices.Equal(got, ids(0, 10)) || s.Calls()[tikitest.Token] != 2 {
			t.Errorf("delivered %v, %d tokens", got, s.Calls()[tikitest.Token])
		}
		if n := rig.Pipeline.Stats().Sum("requests_failed"); n != 0 {
			t.Errorf("%d requests count as failed", n)
		}
		stop(t, rig)
	})
}

func TestTK2TokensAreRenewedBeforeTheyEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer(t, tikitest.Options{TokenTTL: 10 * time.Minute})
		rig := start(t, s, flowtest.Options{})
		settle(61 * time.Minute)
		if n := s.Calls()[tikitest.Token]; n < 6 || n > 8 {
			t.Errorf("%d tokens of ten minutes in an hour", n)
		}
		if n := s.Calls()[tikitest.Pull]; n != 62 {
			t.Errorf("%d pulls in an hour", n)
		}
		stop(t, rig)
	})
}

func TestTK2A401ThatLastsBacksOffAndIsSaid(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var away atomic.Bool
		away.Store(true)
		s := newServer(t, tikitest.Options{Intercept: func(c tikitest.Call) *tikitest.Fault {
			if away.Load() && c.Action == tikitest.Pull {
				return tikitest.Status(401)
			}
			return nil
		}})
		push(t, s, 0, 1)
		j := &journal{}
		rig := start(t, s, flowtest.Options{Log: j.logger()})
		settle(time.Hour)
		if n := s.Calls()[tikitest.Pull]; n < 100 || n > 300 {
			t.Errorf("%d pulls in an hour, two an attempt", n)
		}
		if n := strings.Count(j.String(), "level=ERROR"); n != 1 || !strings.Contains(j.String(), "check client_id and client_secret") {
			t.Errorf("it is said %d times: %s", n, j)
		}
		away.Store(false)
		settle(2 * time.Minute)
		if removed(s) != 1 || !strings.Contains(j.String(), "can be pulled from Tiki again") {
			t.Errorf("%d removed: %s", removed(s), j)
		}
		stop(t, rig)
	})
}

func TestTK2FailuresBackOffAndLoseNothing(t *testing.T) {
	for name, fault := range map[string]*tikitest.Fault{
		"429":              tikitest.Status(429),
		"503":              tikitest.Status(503),
		"400":              tikitest.Status(400),
		"a page":           tikitest.HTMLPage(),
		"malformed":        tikitest.Malformed(),
		"dropped":          {Drop: true},
		"done and dropped": {Drop: true, Work: true},
		"done and 500":     {Status: 500, Work: true},
		"hangs":            {Delay: time.Hour},
		"redirect":         {Status: 307, Header: map[string][]string{"Location": {"https://evil.test/"}}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var bad atomic.Bool
				p := &pulls{fail: func(c tikitest.Call) *tikitest.Fault {
					if c.Action == tikitest.Pull && bad.Load() {
						return fault
					}
					return nil
				}}
				s := newServer(t, tikitest.Options{Intercept: p.intercept})
				push(t, s, 0, 3)
				j := &journal{}
				rig := start(t, s, flowtest.Options{Log: j.logger(), Fail: func(_ string, e *pipeline.Event, _ int) error {
					if e.ID == "e2" { // the pull that acknowledges fails
						bad.Store(true)
					}
					return nil
				}})
				settle(time.Hour)
				if n := len(p.all()); n < 20 || n > 150 {
					t.Errorf("%d pulls in an hour", n)
				}
				warned := strings.Count(j.String(), "level=WARN") + strings.Count(j.String(), "level=ERROR")
				if warned != 1 {
					t.Errorf("it is said %d times: %s", warned, j)
				}
				push(t, s, 3, 6)
				bad.Store(false)
				settle(3 * time.Minute)
				if got := delivered(rig); !slices.Equal(got, ids(0, 6)) || removed(s) != 6 {
					t.Errorf("delivered %v, %d removed\n%s", got, removed(s), j)
				}
				if strings.Contains(j.String(), "secret") || strings.Contains(j.String(), "token-") {
					t.Errorf("a secret is logged: %s", j)
				}
				stop(t, rig)
			})
		})
	}
}

func TestTK2RetryAfterIsHonouredUpToALimit(t *testing.T) {
	for after, want := range map[string]time.Duration{"90": 90 * time.Second, "86400": 5 * time.Minute} {
		bubble(t, func(t *testing.T) {
			p := &pulls{fail: func(c tikitest.Call) *tikitest.Fault {
				if c.Action == tikitest.Pull && c.Number == 1 {
					return &tikitest.Fault{Status: 429, Header: map[string][]string{"Retry-After": {after}}}
				}
				return nil
			}}
			s := newServer(t, tikitest.Options{Intercept: p.intercept})
			rig := start(t, s, flowtest.Options{})
			settle(6 * time.Minute)
			if at := p.times(); len(at) < 2 || at[1].Sub(at[0]) != want {
				t.Errorf("Retry-After %s: %v", after, at)
			}
			stop(t, rig)
		})
	}
}

func TestAnEventIsAnElementByteForByte(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer(t, tikitest.Options{})
		odd := `{ "payload" : {"b":1, "a":12345678901234567890.0}, "id":"x", "unknown":[1,{}],"version":"v2" }`
		nameless := `{"type":"T","n":1}`
		_ = s.Push("q", odd, nameless, nameless, `{"id":7,"sid":"S"}`)
		rig := start(t, s, flowtest.Options{})
		settle(time.Minute)
		got := rig.Recorder.Got("out")
		slices.SortFunc(got, func(a, b flowtest.Got) int { return a.Seq.Compare(b.Seq) })
		if len(got) != 4 || got[0].Body != odd || got[0].ID != "x" || got[1].Body != nameless {
			t.Fatalf("%+v", got)
		}
		if got[1].ID != got[2].ID || len(got[1].ID) != 32 || got[3].ID != "7" {
			t.Errorf("ids %s, %s, %s", got[1].ID, got[2].ID, got[3].ID)
		}
		for i, want := range []map[string]string{
			{"tiki.queue": "q", "tiki.version": "v2"}, {"tiki.queue": "q", "tiki.type": "T"}, {"tiki.queue": "q", "tiki.type": "T"}, {"tiki.queue": "q", "tiki.sid": "S"},
		} {
			if fmt.Sprint(got[i].Meta) != fmt.Sprint(want) {
				t.Errorf("%d: metadata %v, want %v", i, got[i].Meta, want)
			}
		}
		if removed(s) != 4 {
			t.Errorf("%d removed", removed(s))
		}
		stop(t, rig)
	})
}

func TestWhatIsNoEventIsADeadLetterAndTheQueueMovesOn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer(t, tikitest.Options{})
		deep := `{"id":"deep","a":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`
		_ = s.Push("q", event(0), `"text"`, `17`, `null`, `[{"id":"in a list"}]`, "{\"id\":\"e\xff\"}", `{"id":tru}`, deep, event(1))
		rig := start(t, s, flowtest.Options{})
		settle(time.Minute)
		if got := delivered(rig); !slices.Equal(got, ids(0, 2)) {
			t.Errorf("delivered %v", got)
		}
		dead := rig.Recorder.Got("dead")
		if len(dead) != 7 || removed(s) != 9 || rig.Pipeline.Stats().Sum("unreadable") != 7 {
			t.Errorf("%d dead letters, %d removed", len(dead), removed(s))
		}
		for _, d := range dead {
			if !strings.Contains(d.Body, "an element of events is") {
				t.Errorf("%s", d.Body)
			}
		}
		stop(t, rig)
	})
}

func TestAnAnswerThatIsTooLargeIsAFailure(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer(t, tikitest.Options{})
		_ = s.Push("q", `{"id":"big","payload":"`+strings.Repeat("x", 4<<10)+`"}`)
		j := &journal{}
		text := strings.Replace(flow(s, ""), "queue: q,", "queue: q, max_response: 2KiB,", 1)
		rig := flowtest.Start(t, text, flowtest.Options{Catalog: ours(s), Log: j.logger()})
		settle(time.Minute)
		if len(rig.Recorder.Got("out")) > 0 || removed(s) > 0 || !strings.Contains(j.String(), "larger than max_response") {
			t.Errorf("%s", j)
		}
		stop(t, rig)
	})
}
