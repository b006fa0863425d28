// Package acceptance holds tests of what each vendor's feed needs to work, from its
// own wire to the sinks, one or more for each row: TestSS1…, TestDI1…, TestMW1….
package acceptance

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/cli"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// flow is a pipeline.yaml with the sinks out and dead.
type flow struct {
	from   string
	stages string // beside those of the preset
	env    map[string]string
	fail   func(sink string, e *pipeline.Event, attempt int) error
}

func (f flow) yaml() string {
	return "version: 1\nflows:\n  f:\n    from: " + f.from + "\n    stages: [" + f.stages + "]\n    to: out\n" +
		"    on_error: {dead_letter: dead}\nsinks: {out: {record: {}}, dead: {record: {}}}\n"
}

func (f flow) options() flowtest.Options {
	return flowtest.Options{Catalog: cli.StandardCatalog(), Fail: f.fail, Env: f.env}
}

// fed runs a flow whose preset takes its payloads from the test, in virtual time, and
// calls check when an hour has passed.
func fed(t *testing.T, f flow, send func(*flowtest.Rig), check func(*flowtest.Rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)))
		rig := flowtest.Start(t, f.yaml(), f.options())
		send(rig)
		time.Sleep(time.Hour)
		check(rig)
	})
}

// readAs returns the events in one payload, and why the dead letters in it are that.
func readAs(t *testing.T, from, payload string) (events []flowtest.Got, reasons []string) {
	t.Helper()
	fed(t, flow{from: from}, func(rig *flowtest.Rig) { rig.Feed.Send("m", payload) }, func(rig *flowtest.Rig) {
		events = rig.Recorder.Got("out") // those of one message leave in any order
		slices.SortFunc(events, func(a, b flowtest.Got) int { return a.Seq.Compare(b.Seq) })
		reasons = rig.Recorder.Bodies("dead")
	})
	return events, reasons
}

// want is what an event must be.
type want struct{ id, key, kind, time string }

func (w want) check(t *testing.T, g flowtest.Got) {
	t.Helper()
	if g.Key != w.key || g.Type != w.kind || w.id != "" && g.ID != w.id || stamp(g.Time) != w.time {
		t.Errorf("got id %q, key %q, type %q, time %s; want %+v", g.ID, g.Key, g.Type, stamp(g.Time), w)
	}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// vector returns a recorded payload of a vendor. They are not part of the repository.
func vector(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("LEAT_VECTORS")
	switch {
	case dir != "":
	case os.Getenv("CI") == "true":
		t.Fatal("LEAT_VECTORS is not set: it names the folder of recorded payloads")
	default:
		t.Skip("NOT RUN: set LEAT_VECTORS to the folder of the recorded payloads")
	}
	raw, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// await waits for what a network brings.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// start runs a flow against servers of the test's own.
func start(t *testing.T, f flow) *flowtest.Rig {
	t.Helper()
	return flowtest.Start(t, f.yaml(), f.options())
}

// mustBury checks that a payload became a dead letter that says why, with its bytes.
func mustBury(t *testing.T, from, payload, reason string) {
	t.Helper()
	events, letters := readAs(t, from, payload)
	if len(events) != 0 || len(letters) != 1 || !strings.Contains(letters[0], reason) {
		t.Errorf("%.80q: %d events, dead letters %.300q; want one that says %q", payload, len(events), letters, reason)
	}
}
