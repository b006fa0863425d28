package pipeline_test

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// A spool in which an event waits is spoken of by every run whose file does not name
// it, whatever else changed.
func TestForgottenSpoolIsReported(t *testing.T) {
	const one = "version: 1\nsinks: {out: record}\nflows:\n  a: {from: {feed: {spool: true}}, to: out}\n"
	two := strings.Replace(one, "{feed: {spool: true}}", "[{feed: {spool: true}}, {file: {path: in}}]", 1)
	for name, c := range map[string]struct {
		runs []string
		said []bool
	}{
		"the setting went":        {[]string{one, strings.Replace(one, "spool: true", "", 1), one}, []bool{false, true, false}},
		"the flow was renamed":    {[]string{one, strings.Replace(one, "  a:", "  b:", 1)}, []bool{false, true}},
		"a source went":           {[]string{two, one}, []bool{false, true}},
		"the setting went of two": {[]string{two, strings.Replace(two, "spool: true", "", 1)}, []bool{false, true}},
		"a source came":           {[]string{one, two}, []bool{false, true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := os.WriteFile("in", nil, 0o600); err != nil {
				t.Fatal(err)
			}
			for i, yaml := range c.runs {
				log := runOnce(t, yaml, i == 0)
				if said := strings.Contains(log, "no source uses"); said != c.said[i] {
					t.Errorf("run %d: %s", i, log)
				}
			}
		})
	}
}

// runOnce runs a flow whose sink fails, with an event or without, and returns what was
// logged.
func runOnce(t *testing.T, yaml string, event bool) string {
	var log bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Load(t, yaml, options(flowtest.Options{Log: slog.New(slog.NewTextHandler(&log, nil)),
			Fail: func(string, *pipeline.Event, int) error { return errDown }}))
		if event {
			rig.Feed.Send("1", "{}")
		}
		rig.Run()
		synctest.Wait()
		if err := rig.Stop(); err != nil {
			t.Error(err)
		}
	})
	return log.String()
}

// What another process works on is not forgotten.
func TestSpoolInUseIsNotReported(t *testing.T) {
	t.Chdir(t.TempDir())
	const one = "version: 1\nsinks: {out: record}\nflows:\n  a: {from: {feed: {spool: true}}, to: out}\n"
	first := flowtest.Start(t, one, options(flowtest.Options{Fail: func(string, *pipeline.Event, int) error { return errDown }}))
	sent := first.Feed.Send("1", "{}")
	await(t, sent.Acked)
	log := runOnce(t, strings.Replace(one, "  a:", "  b:", 1), false)
	if strings.Contains(log, "no source uses") {
		t.Error(log)
	}
}
