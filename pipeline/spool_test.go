package pipeline_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers"
	"github.com/leat-io/leat/stages"
)

var errDown = errors.New("down")

// spooledFlow is a flow from a spooled feed to a recorder.
func spooledFlow(path, stages string) string {
	return fmt.Sprintf(`
version: 1
flows:
  orders:
    from: {feed: {spool: {path: %s}}}
    stages: [%s]
    to: out
sinks: {out: record}
`, path, stages)
}

const byTime = `identify: {key: body.k, time: [{from: body.t}]}, reorder: {window: 1h}`

func timed(minute int) string {
	return fmt.Sprintf(`{"k":"a","t":"2000-01-01T00:%02d:00Z"}`, minute)
}

// impatient is a source that SNS over HTTP is like.
var impatient = pipeline.Source{Hold: 15 * time.Second, Redelivery: time.Hour}

func options(o flowtest.Options) flowtest.Options {
	o.Catalog = pipeline.Catalog{Stages: stages.All(), Sources: providers.Sources()}
	return o
}

// waiting says how many events the rig's only spool holds.
func waiting(rig *flowtest.Rig) int64 { return rig.Pipeline.Stats().Spools[0].Waiting }

func TestSpooledMessagesAreAckedBeforeTheyAreDelivered(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		o := options(flowtest.Options{Source: &impatient, Fail: func(string, *pipeline.Event, int) error { return errDown }})
		rig := flowtest.Start(t, spooledFlow(folder, ""), o)
		a := rig.Feed.SendMeta("1", `{"n":1}`, map[string]string{"sns.shopId": "7"})
		b := rig.Feed.Send("2", "not JSON \xff")
		synctest.Wait()
		if !a.Acked() || !b.Acked() || waiting(rig) != 2 {
			t.Error("not acknowledged, or not in the spool:", waiting(rig))
		}
		time.Sleep(time.Hour)
		if err := rig.Stop(); err != nil {
			t.Error(err)
		}
		if waiting(rig) != 2 {
			t.Error(waiting(rig), "wait after the stop")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, spooledFlow(folder, ""), options(flowtest.Options{Source: &impatient}))
		rig.Feed.Send("3", "{}")
		synctest.Wait()
		got := bySeq(rig.Recorder.Got("out"))
		if len(got) != 3 || got[0].ID != "1" || got[1].ID != "2" || got[2].ID != "3" {
			t.Fatal(got)
		}
		if got[0].Meta["sns.shopId"] != "7" || got[1].Body != "not JSON \xff" {
			t.Errorf("%+v", got)
		}
		if err := rig.Stop(); err != nil || waiting(rig) != 0 {
			t.Error(err, waiting(rig))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, spooledFlow(folder, ""), options(flowtest.Options{}))
		synctest.Wait()
		if ids := rig.Recorder.IDs("out"); len(ids) > 0 {
			t.Error("come again:", ids)
		}
	})
}

// What is held for an hour may be, and goes on being held after a restart: each
// event leaves once and in order, though nothing removes copies.
func TestHeldEventsStayInTheSpool(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, spooledFlow(folder, byTime), options(flowtest.Options{Source: &impatient}))
		for _, minute := range []int{5, 3} {
			rig.Feed.Send(fmt.Sprint(minute), timed(minute))
		}
		time.Sleep(59 * time.Minute)
		for _, minute := range []int{4, 2} {
			rig.Feed.Send(fmt.Sprint(minute), timed(minute))
		}
		time.Sleep(2 * time.Minute) // the window of 5 is over, and what is before it goes with it
		if err := rig.Stop(); err != nil {
			t.Error(err)
		}
		if ids := rig.Recorder.IDs("out"); !slices.Equal(ids, []string{"2", "3", "4", "5"}) {
			t.Error(ids)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, spooledFlow(folder, byTime), options(flowtest.Options{Source: &impatient}))
		for _, minute := range []int{9, 8, 7} {
			rig.Feed.Send(fmt.Sprint(minute), timed(minute))
		}
		time.Sleep(30 * time.Minute)
		if err := rig.Stop(); err != nil || waiting(rig) != 3 {
			t.Error(err, waiting(rig))
		}
		if ids := rig.Recorder.IDs("out"); len(ids) > 0 {
			t.Error(ids)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, spooledFlow(folder, byTime), options(flowtest.Options{Source: &impatient}))
		rig.Feed.Send("6", timed(6))
		time.Sleep(61 * time.Minute)
		if ids := rig.Recorder.IDs("out"); !slices.Equal(ids, []string{"6", "7", "8", "9"}) {
			t.Error(ids)
		}
		if err := rig.Stop(); err != nil || waiting(rig) != 0 {
			t.Error(err, waiting(rig))
		}
	})
}

// A rejected event without dead letters is offered again, later each time, and
// keeps nobody waiting.
func TestRejectedEventsAreOfferedAgain(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var mended atomic.Bool
		begun := time.Now()
		var mu sync.Mutex
		var tried []time.Duration
		rig := flowtest.Start(t, spooledFlow(folder, ""), options(flowtest.Options{Fail: func(_ string, e *pipeline.Event, _ int) error {
			if e.ID == "bad" && !mended.Load() {
				mu.Lock()
				defer mu.Unlock()
				tried = append(tried, time.Since(begun))
				return pipeline.Reject(errDown)
			}
			return nil
		}}))
		rig.Feed.Send("bad", "{}")
		rig.Feed.Send("good", "{}")
		time.Sleep(40 * time.Minute)
		if ids := rig.Recorder.IDs("out"); !slices.Equal(ids, []string{"good"}) {
			t.Error(ids)
		}
		mu.Lock()
		defer mu.Unlock()
		want := []time.Duration{0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 811}
		for i, d := range want {
			if len(tried) <= i || tried[i] != d*time.Second {
				t.Fatalf("tried after %v", tried)
			}
		}
		mended.Store(true)
		mu.Unlock()
		time.Sleep(5 * time.Minute)
		mu.Lock()
		if ids := rig.Recorder.IDs("out"); !slices.Equal(ids, []string{"good", "bad"}) {
			t.Error(ids)
		}
		if n := rig.Pipeline.Stats().Sum(pipeline.CountAgain); n != int64(len(tried)) {
			t.Errorf("%d are counted, want %d", n, len(tried))
		}
		if err := rig.Stop(); err != nil || waiting(rig) != 0 {
			t.Error(err, waiting(rig))
		}
	})
}

func TestRejectedEventsSurviveAStop(t *testing.T) {
	folder := t.TempDir()
	for run := range 2 {
		synctest.Test(t, func(t *testing.T) {
			rig := flowtest.Start(t, spooledFlow(folder, ""), options(flowtest.Options{Fail: func(_ string, e *pipeline.Event, _ int) error {
				if run == 0 {
					return pipeline.Reject(errDown)
				}
				return nil
			}}))
			if run == 0 {
				rig.Feed.Send("1", "{}")
			}
			time.Sleep(1500 * time.Millisecond) // one more attempt, and then a stop
			if err := rig.Stop(); err != nil || waiting(rig) != int64(1-run) {
				t.Error(run, err, waiting(rig))
			}
			if n := len(rig.Recorder.IDs("out")); n != run {
				t.Error(n, "were delivered")
			}
		})
	}
}

// sized is a flow whose spool takes a megabyte.
func sized(folder string) string {
	return strings.Replace(spooledFlow(folder, ""), "path: "+folder, "path: "+folder+", max_size: 1MiB", 1)
}

func TestFullSpoolKeepsAPatientSourceWaiting(t *testing.T) {
	testFullSpool(t, false, func(t *testing.T, sent []*flowtest.Sent) {
		for _, s := range sent {
			if s.Returned() > 0 {
				t.Error(s.ID, "was handed back")
			}
		}
	}, func(t *testing.T, sent []*flowtest.Sent, ids []string) {
		for i, s := range sent {
			if i >= len(ids) || ids[i] != s.ID {
				t.Fatal("delivered:", ids)
			}
		}
	})
}

func TestFullSpoolRefusesWhatIsPushed(t *testing.T) {
	testFullSpool(t, true, func(t *testing.T, sent []*flowtest.Sent) {
		for _, s := range sent {
			if s.Acked() == (s.Returned() > 0) {
				t.Error(s.ID, "is kept waiting")
			}
		}
	}, func(t *testing.T, sent []*flowtest.Sent, ids []string) {
		for _, s := range sent {
			if s.Acked() != slices.Contains(ids, s.ID) {
				t.Error(s.ID, "acknowledged:", s.Acked())
			}
		}
	})
}

func testFullSpool(t *testing.T, push bool, whileFull func(*testing.T, []*flowtest.Sent), after func(*testing.T, []*flowtest.Sent, []string)) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		source := impatient
		source.Push = push
		yaml, scale := sized(folder), 1
		if push { // which has to have a larger spool
			yaml, scale = strings.Replace(yaml, "1MiB", "16MiB", 1), 16
		}
		var up atomic.Bool
		var log bytes.Buffer
		rig := flowtest.Start(t, yaml, options(flowtest.Options{Source: &source, Log: slog.New(slog.NewTextHandler(&log, nil)),
			Fail: func(string, *pipeline.Event, int) error {
				if up.Load() {
					return nil
				}
				return errDown
			}}))
		var sent []*flowtest.Sent
		for i := range 40 { // of which 20 fit
			sent = append(sent, rig.Feed.Send(fmt.Sprint(i), strings.Repeat("x", scale*50_000)))
		}
		time.Sleep(10 * time.Second)
		if acked := countAcked(sent); acked < 15 || acked > 21 {
			t.Error(acked, "were taken")
		}
		if bytes := rig.Pipeline.Stats().Spools[0].Bytes; bytes > int64(scale)<<20+4096 {
			t.Error("the spool has grown to", bytes)
		}
		whileFull(t, sent)
		up.Store(true)
		time.Sleep(10 * time.Minute)
		if err := rig.Stop(); err != nil || waiting(rig) != 0 {
			t.Error(err, waiting(rig))
		}
		var ids []string
		for _, g := range bySeq(rig.Recorder.Got("out")) {
			ids = append(ids, g.ID)
		}
		after(t, sent, ids)
		if n := strings.Count(log.String(), "the spool is full"); n != 1 {
			t.Error("it was said", n, "times that the spool is full")
		}
	})
}

// bySeq sorts events by their places in the source.
func bySeq(got []flowtest.Got) []flowtest.Got {
	slices.SortFunc(got, func(a, b flowtest.Got) int { return a.Seq.Compare(b.Seq) })
	return got
}

func countAcked(sent []*flowtest.Sent) (n int) {
	for _, s := range sent {
		if s.Acked() {
			n++
		}
	}
	return n
}

// A stop hands back what did not fit.
func TestStopWithAFullSpool(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, sized(folder), options(flowtest.Options{Source: &impatient, Fail: func(string, *pipeline.Event, int) error { return errDown }}))
		var sent []*flowtest.Sent
		for i := range 40 {
			sent = append(sent, rig.Feed.Send(fmt.Sprint(i), strings.Repeat("x", 50_000)))
		}
		time.Sleep(10 * time.Second)
		if err := rig.Stop(); err != nil {
			t.Error(err)
		}
		if acked := countAcked(sent); int64(acked) != waiting(rig) || acked == 0 || acked == len(sent) {
			t.Error(acked, "were taken, and", waiting(rig), "wait")
		}
	})
}

func TestTooLargeEventGoesBack(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		rig := flowtest.Start(t, sized(folder), options(flowtest.Options{Source: &impatient, Log: slog.New(slog.NewTextHandler(&log, nil))}))
		large := rig.Feed.Send("1", strings.Repeat("x", 200_000))
		small := rig.Feed.Send("2", "{}")
		synctest.Wait()
		if large.Returned() != 1 || !small.Acked() {
			t.Error(large.Returned(), small.Acked())
		}
		if !strings.Contains(log.String(), "raise max_size of the spool to 2MiB at least") {
			t.Error(log.String())
		}
	})
}

// brokenSource breaks off after its only message.
type brokenSource struct{ closed bool }

func (*brokenSource) Subscribe(context.Context, string) (<-chan *message.Message, error) {
	out := make(chan *message.Message, 1)
	out <- message.NewMessage("1", []byte("{}"))
	close(out)
	return out, nil
}

func (s *brokenSource) Close() error { s.closed = true; return errors.New("cannot be closed") }

// A foreign subscriber can have a spool too, and what is wrong with it is said.
func TestSpooledSubscriberThatBreaksOff(t *testing.T) {
	sub := &brokenSource{}
	def := pipeline.DefineSource("mine", struct{}{}, func(struct{}, *pipeline.Env) (*pipeline.Source, error) {
		return pipeline.FromSubscriber(sub, "topic", pipeline.Source{InFlight: 1, Err: func() error { return errDown }}), nil
	})
	folder := t.TempDir()
	rig := flowtest.Load(t, strings.Replace(spooledFlow(folder, ""), "feed:", "mine:", 1), flowtest.Options{Catalog: pipeline.Catalog{Sources: []pipeline.SourceDef{def}}})
	rig.Run()
	err := rig.Wait()
	if !errors.Is(err, errDown) || !strings.Contains(err.Error(), "source mine: down") || !strings.Contains(err.Error(), "cannot be closed") || !sub.closed {
		t.Error(err)
	}
	if n := waiting(rig) + int64(len(rig.Recorder.IDs("out"))); n != 1 {
		t.Error(n, "of one event")
	}
}

func TestSpoolInUseKeepsThePipelineFromRunning(t *testing.T) {
	folder := t.TempDir()
	first := flowtest.Start(t, spooledFlow(folder, ""), options(flowtest.Options{}))
	await(t, func() bool { return first.Pipeline.Stats().Spools[0].Bytes > 0 })
	second := flowtest.Load(t, spooledFlow(folder, ""), options(flowtest.Options{}))
	sent := second.Feed.Send("1", "{}")
	second.Run()
	if err := second.Wait(); err == nil || !strings.Contains(err.Error(), "the spool "+folder+" is in use by another leat process") {
		t.Error(err)
	}
	if sent.Acked() {
		t.Error("a message was taken")
	}
}

// await looks again and again, with real time passing.
func await(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatal("what was waited for did not happen")
		}
	}
}

// A router of somebody else's may have a middleware that answers for the flow.
func TestSpoolWithAMiddlewareThatDoesNotAsk(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Load(t, spooledFlow(folder, ""), options(flowtest.Options{}))
		router, err := message.NewRouter(message.RouterConfig{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		asked := 0
		router.AddMiddleware(func(h message.HandlerFunc) message.HandlerFunc {
			return func(m *message.Message) ([]*message.Message, error) {
				if asked++; asked == 1 {
					return nil, errDown
				}
				if asked == 2 {
					return nil, nil
				}
				return h(m)
			}
		})
		closeFlows, err := rig.Pipeline.AddTo(t.Context(), router)
		if err != nil {
			t.Fatal(err)
		}
		rig.Feed.Send("1", "{}")
		ended := make(chan error)
		go func() { ended <- router.Run(t.Context()) }()
		synctest.Wait()
		if waiting(rig) != 1 {
			t.Error(waiting(rig), "wait")
		}
		time.Sleep(2 * time.Second)
		if waiting(rig) != 0 {
			t.Error("what the middleware settled still waits")
		}
		if err := errors.Join(router.Close(), <-ended, closeFlows()); err != nil {
			t.Error(err)
		}
	})
}

func TestSpoolSettings(t *testing.T) {
	flows := func(from string) string {
		return "version: 1\nsinks: {out: record}\nflows:\n  a: {from: " + from + ", stages: [" + byTime + "], to: out}\n"
	}
	for name, c := range map[string]struct{ yaml, want string }{
		"names the cure":   {flows("feed"), "source feed can leave an event unacknowledged for 15s, and the flow holds events for 1h: give the source a spool, as in feed: {…, spool: true}, or shorten the window"},
		"true":             {flows("{feed: {spool: true}}"), ""},
		"false":            {flows("{feed: {spool: false}}"), "give the source a spool"},
		"null":             {flows("{feed: {spool: }}"), "give the source a spool"},
		"with settings":    {flows("{feed: {spool: {max_size: 2GiB}}}"), ""},
		"not a boolean":    {flows("{feed: {spool: yes please}}"), "want true or false"},
		"unknown setting":  {flows("{feed: {spool: {pathh: x}}}"), `did you mean "path"?`},
		"too small":        {flows("{feed: {spool: {max_size: 10KiB}}}"), "max_size: must be at least 1MiB"},
		"a link":           {"version: 1\nsinks: {out: record}\nflows:\n  a: {from: {link: {spool: true}}, to: out}\n", `unknown setting "spool"`},
		"a finite source":  {"version: 1\nsinks: {out: record}\nflows:\n  a: {from: {file: {path: x, spool: true}}, to: out}\n", "pipeline.yaml:4:14: source file waits as long as the flow needs, and what goes back is still there in the next run: spool has no use here"},
		"one path for two": {flows("{feed: {spool: {path: x}}}") + "  b: {from: {feed: {spool: {path: ./y/../x}}}, to: out}\n", `source feed has the spool ./y/../x, which source feed of flow "a" (line 4) has already`},
		"default names":    {flows("[{feed: {spool: true}}, {feed: {spool: true}}]") + "  a-feed: {from: {feed: {spool: true}}, to: out}\n", `the spool .leat/spool/a-feed, which source feed of flow "a"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := flowtest.TryLoad(c.yaml, options(flowtest.Options{Source: &impatient}))
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%v\nwant %s", err, c.want)
			}
		})
	}
}

// The engine takes the setting away before a source sees its own.
func TestNoSourceHasASettingCalledSpool(t *testing.T) {
	for _, d := range providers.Sources() {
		settings := reflect.TypeOf(d.Defaults)
		for i := range settings.NumField() {
			if name, _, _ := strings.Cut(settings.Field(i).Tag.Get("yaml"), ","); name == "spool" {
				t.Error("source", d.Name, "has one")
			}
		}
	}
}

// A sender that pushes gives up on what is refused for good.
func TestSpoolOfAPushedSourceTakesWhateverMayBePushed(t *testing.T) {
	source := pipeline.Source{Push: true, Hold: pipeline.Forever}
	for size, want := range map[string]string{"1MiB": "max_size must be at least 16MiB", "15MiB": "eighth", "16MiB": ""} {
		_, err := flowtest.TryLoad(strings.Replace(sized("x"), "1MiB", size, 1), options(flowtest.Options{Source: &source}))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", size, err)
		}
	}
}
