package plugin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/plugins"
	"github.com/leat-io/leat/plugins/proto"
	sink "github.com/leat-io/leat/providers/plugin"
	"github.com/leat-io/leat/stages/identify"
	"github.com/leat-io/leat/stages/plugin"
	"github.com/leat-io/leat/stages/reorder"
)

// TestMain is two programs: the tests, and the plugin that they start.
func TestMain(m *testing.M) {
	if os.Getenv(proto.Handshake.MagicCookieKey) != "" {
		plugins.ServeConfigured(open)
	}
	os.Exit(m.Run())
}

// config is the settings of the plugin.
type config struct {
	Hours int    `json:"hours"`
	To    string `json:"to"` // a file, for a sink
}

func open(_ context.Context, c config) (plugins.Handler, error) {
	if c.Hours < 0 {
		return nil, plugins.FieldError("hours", "must not be negative")
	}
	return c.handle, nil
}

// handle does what the event asks for.
func (c config) handle(ctx context.Context, e *plugins.Event) ([]*plugins.Event, error) {
	var body struct {
		Do   string
		Died string // a file that says that it has
	}
	if err := e.JSON(&body); err != nil {
		return nil, plugins.Reject(err)
	}
	switch body.Do {
	case "crash":
		fmt.Fprintln(os.Stderr, "no station, no plugin")
		os.Exit(1)
	case "die once":
		if _, err := os.Stat(body.Died); err != nil {
			_ = os.WriteFile(body.Died, nil, 0o600)
			os.Exit(1)
		}
	case "drop":
		return nil, plugins.Drop("it said so")
	case "reject":
		return nil, plugins.Reject(errors.New("it said so"))
	case "split":
		return []*plugins.Event{e.Child([]byte(`{"part":1}`)), e.Child([]byte(`{"part":2}`))}, nil
	case "change":
		e.SetMeta("test.hours", strconv.Itoa(c.Hours))
		e.Key, e.Type, e.Time = "k", "t", time.Unix(1e9, 0).UTC()
		return []*plugins.Event{e}, e.SetJSON(map[string]int{"hours": c.Hours})
	}
	if c.To != "" {
		return nil, appendLine(c.To, e.Payload())
	}
	return []*plugins.Event{e}, nil
}

func appendLine(path string, line []byte) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(append(line, '\n'))
	return err
}

var catalog = pipeline.Catalog{
	Stages: []pipeline.StageDef{
		plugin.Stage, identify.Stage, reorder.Stage,
		plugins.InProcessConfigured("inside", open),
	},
	Sinks: []pipeline.SinkDef{sink.Sink},
}

// self is the setting of a plugin that is this very program.
func self(t *testing.T) (folder, run string) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(path), path
}

// flow is a file with a plugin and the stages given around it.
func flow(t *testing.T, before, stage string) string {
	folder, run := self(t)
	parts := strings.NewReplacer("BEFORE", before, "STAGE", stage)
	return strings.NewReplacer("FOLDER", folder, "RUN", run).Replace(parts.Replace(`version: 1
plugins: {folder: FOLDER}
flows:
  parcels:
    from: {feed: {}}
    stages: [BEFORE STAGE]
    to: out
    on_error: {dead_letter: dead, retry: {backoff: 1ms..10ms}}
sinks:
  out: {record: {}}
  dead: {record: {}}
`))
}

const outside = "{plugin: {run: RUN, watch: true, config: {hours: 5}}}"

func TestTheSameInAProcessAndWithout(t *testing.T) {
	events := []string{`{"n":1}`, `{"do":"drop"}`, `{"do":"reject"}`, `{"do":"split"}`, `{"do":"change"}`, `not JSON`}
	var results []string
	for _, stage := range []string{outside, "{inside: {hours: 5}}"} {
		rig := flowtest.Start(t, flow(t, "", stage), flowtest.Options{Catalog: catalog})
		for i, payload := range events {
			rig.Feed.Send(strconv.Itoa(i), payload)
		}
		rig.Feed.End()
		if err := rig.Wait(); err != nil {
			t.Fatal(err)
		}
		results = append(results, outcome(t, rig))
	}
	if results[0] != results[1] {
		t.Errorf("as a process:\n%s\nwithout:\n%s", results[0], results[1])
	}
	if want := "0#- {\"n\":1}"; !strings.HasPrefix(results[0], strings.Replace(want, "#-", "", 1)) {
		t.Errorf("got\n%s", results[0])
	}
}

// outcome is what reached the sinks, sorted.
func outcome(t *testing.T, rig *flowtest.Rig) string {
	var lines []string
	for _, g := range rig.Recorder.Got("out") {
		lines = append(lines, fmt.Sprint(g.ID, " ", g.Body, g.Key, g.Type, g.Time, g.Meta))
	}
	for _, g := range rig.Recorder.Got("dead") {
		var d pipeline.DeadLetter
		if err := json.Unmarshal([]byte(g.Body), &d); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprint("dead ", d.ID, " ", d.Error))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestAnEventThatCrashesThePluginBecomesADeadLetter(t *testing.T) {
	rig := flowtest.Start(t, flow(t, "", outside), flowtest.Options{Catalog: catalog})
	for i := range 100 {
		payload := fmt.Sprintf(`{"n":%d}`, i)
		if i == 41 {
			payload = `{"do":"crash"}`
		}
		rig.Feed.Send(strconv.Itoa(i), payload)
	}
	rig.Feed.End()
	if err := rig.Wait(); err != nil {
		t.Fatal(err)
	}
	if n := len(rig.Recorder.Got("out")); n != 99 {
		t.Errorf("%d events passed", n)
	}
	letters := rig.Recorder.Got("dead")
	if len(letters) != 1 || !strings.Contains(letters[0].Body, "no station, no plugin") {
		t.Errorf("got %v", letters)
	}
}

// Behind reorder the events of a key come one at a time, so that neither crashes nor
// retries in the plugin can have one overtake another.
func TestOrderPerKeyIsKeptWhileThePluginDies(t *testing.T) {
	const keys, each = 20, 25
	folder := t.TempDir()
	before := `{identify: {key: body.key}}, {reorder: {by: arrival}},`
	rig := flowtest.Start(t, flow(t, before, outside), flowtest.Options{Catalog: catalog, Log: slog.New(slog.DiscardHandler)})
	for n := range each {
		for k := range keys {
			body := fmt.Sprintf(`{"key":"k%d","n":%d}`, k, n)
			if rand.IntN(50) == 0 {
				body = fmt.Sprintf(`{"key":"k%d","n":%d,"do":"die once","died":%q}`, k, n, filepath.Join(folder, fmt.Sprint(k, ".", n)))
			}
			rig.Feed.Send(fmt.Sprint(k, ".", n), body)
		}
	}
	rig.Feed.End()
	if err := rig.Wait(); err != nil {
		t.Fatal(err)
	}
	next := map[string]int{}
	for _, g := range rig.Recorder.Got("out") {
		if want := fmt.Sprintf(".%d", next[g.Key]); !strings.HasSuffix(g.ID, want) {
			t.Fatalf("%s comes as number%s of %s", g.ID, want, g.Key)
		}
		next[g.Key]++
	}
	for k := range keys {
		if n := next[fmt.Sprint("k", k)]; n != each {
			t.Errorf("%d events of key %d", n, k)
		}
	}
}

// Events that nobody waits for with a goroutine are not lost with a process either.
func TestNoEventIsLostWhileThePluginDies(t *testing.T) {
	const events = 5000
	folder := t.TempDir()
	rig := flowtest.Start(t, flow(t, "", outside), flowtest.Options{Catalog: catalog, Log: slog.New(slog.DiscardHandler)})
	for n := range events {
		body := fmt.Sprintf(`{"n":%d}`, n)
		if n%400 == 399 {
			body = fmt.Sprintf(`{"do":"die once","died":%q}`, filepath.Join(folder, strconv.Itoa(n)))
		}
		rig.Feed.Send(strconv.Itoa(n), body)
	}
	rig.Feed.End()
	if err := rig.Wait(); err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, g := range rig.Recorder.Got("out") {
		got[g.ID]++
	}
	for n := range events {
		if id := strconv.Itoa(n); got[id] != 1 {
			t.Errorf("event %s arrives %d times", id, got[id])
		}
	}
	if s := rig.Pipeline.Stats(); s.InFlight != 0 || s.Sum("plugin_crashes") == 0 {
		t.Errorf("%d in flight in the end, %d crashes", s.InFlight, s.Sum("plugin_crashes"))
	}
}

func TestWhatThePluginSaysOfItsSettingsHasAPlace(t *testing.T) {
	folder, run := self(t)
	for name, stage := range map[string]string{
		"outside": "plugin: {run: " + run + ", watch: true, config: {hours: -1}}",
		"inside":  "inside: {hours: -1}",
	} {
		text := strings.NewReplacer("FOLDER", folder, "STAGE", stage).Replace(`version: 1
plugins: {folder: FOLDER}
flows:
  parcels:
    from: {feed: {}}
    stages:
      - STAGE
    to: out
sinks:
  out: {record: {}}
`)
		path := filepath.Join(t.TempDir(), "pipeline.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		problems := pipeline.Check(path, pipeline.Options{Catalog: withRig(), TryOut: true}).Problems()
		column := strings.Index(strings.Split(text, "\n")[6], "-1") + 1
		if len(problems) != 1 || problems[0].Line != 7 || problems[0].Col != column || !strings.Contains(problems[0].Msg, "hours: must not be negative") {
			t.Errorf("%s: got %+v, want it at column %d", name, problems, column)
		}
		p, err := pipeline.Load(path, pipeline.Options{Catalog: withRig()})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "pipeline.yaml:7:"+strconv.Itoa(column)) {
			t.Errorf("%s: run says %v", name, err)
		}
	}
}

// withRig is the catalog with a source and a sink that do nothing.
func withRig() pipeline.Catalog {
	c := catalog
	c.Sources = append(c.Sources, pipeline.DefineSource("feed", struct{}{}, func(struct{}, *pipeline.Env) (*pipeline.Source, error) {
		return &pipeline.Source{}, nil
	}))
	c.Sinks = append(slices.Clone(c.Sinks), pipeline.DefineSink("record", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Handler, error) {
		return func(context.Context, *pipeline.Event) error { return nil }, nil
	}))
	return c
}

func TestAStopReturnsWhatWaitsForAPlugin(t *testing.T) {
	var once sync.Once
	storm := make(chan struct{})
	log := slog.New(slog.NewTextHandler(writer(func(line string) {
		if strings.Contains(line, "dies again and again") {
			once.Do(func() { close(storm) })
		}
	}), nil))
	rig := flowtest.Start(t, flow(t, "", outside), flowtest.Options{Catalog: catalog, Log: log})
	var sent []*flowtest.Sent
	for i := range 10 {
		sent = append(sent, rig.Feed.Send(strconv.Itoa(i), `{"do":"crash"}`))
	}
	select {
	case <-storm:
	case <-time.After(time.Minute):
		t.Fatal("no storm")
	}
	if err := rig.Stop(); err != nil {
		t.Fatal(err)
	}
	returned, dead := 0, len(rig.Recorder.Got("dead"))
	for _, s := range sent {
		if !s.Acked() {
			returned++
		}
	}
	if returned == 0 || returned+dead != 10 || len(rig.Recorder.Got("out")) > 0 {
		t.Errorf("%d returned, %d dead letters", returned, dead)
	}
}

type writer func(string)

func (w writer) Write(p []byte) (int, error) {
	w(string(p))
	return len(p), nil
}

func TestAPluginAsASink(t *testing.T) {
	folder, run := self(t)
	to := filepath.Join(t.TempDir(), "delivered")
	text := strings.NewReplacer("FOLDER", folder, "RUN", run, "FILE", to).Replace(`version: 1
plugins: {folder: FOLDER}
flows:
  parcels:
    from: {feed: {}}
    to: out
    on_error: {dead_letter: dead}
sinks:
  out: {plugin: {run: RUN, watch: true, config: {to: FILE}}}
  dead: {record: {}}
`)
	rig := flowtest.Start(t, text, flowtest.Options{Catalog: catalog})
	for i, payload := range []string{`{"n":1}`, `{"do":"reject"}`, `{"do":"drop"}`, `{"n":2}`} {
		rig.Feed.Send(strconv.Itoa(i), payload)
	}
	rig.Feed.End()
	if err := rig.Wait(); err != nil {
		t.Fatal(err)
	}
	delivered, err := os.ReadFile(to)
	lines := strings.Fields(string(delivered))
	slices.Sort(lines)
	if err != nil || fmt.Sprint(lines) != `[{"n":1} {"n":2}]` || len(rig.Recorder.Got("dead")) != 1 {
		t.Errorf("delivered %s, dead letters %v, %v", delivered, rig.Recorder.Got("dead"), err)
	}
}
