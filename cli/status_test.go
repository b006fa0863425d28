package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/admin"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/file"
	"github.com/leat-io/leat/stages"
)

// leatThatRuns runs deadFlow in a folder with an admin listener, which the pipeline.yaml
// there names, and has the process be in that folder.
func leatThatRuns(t *testing.T, dir string) *flowtest.Rig {
	t.Helper()
	t.Chdir(dir)
	live := strings.Replace(deadFlow, "{file: {path: nothing.jsonl}}", "{feed: {}}", 1)
	rig := flowtest.Start(t, live, flowtest.Options{Catalog: pipeline.Catalog{Stages: stages.All(), Sinks: []pipeline.SinkDef{file.Sink}}})
	s, err := admin.New(admin.Options{Config: pipeline.AdminConfig{Listen: "127.0.0.1:0"}, Pipeline: func() *pipeline.Pipeline { return rig.Pipeline }, Version: "1.2.3"})
	if err == nil {
		err = s.Listen(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	write(t, filepath.Join(dir, "pipeline.yaml"), deadFlow+fmt.Sprintf("admin: {listen: %q}\n", s.Addr()))
	eventually(t, func() bool { return rig.Pipeline.Health().Ready() })
	return rig
}

func eventually(t *testing.T, is func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); !is(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatal("it does not come to be")
		}
	}
}

// said runs a command in this process.
func said(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e strings.Builder
	code = run(t.Context(), StandardCatalog(), nil, args, terminal{&o, &e})
	return code, o.String(), e.String()
}

func TestDeadReplayAsksTheLeatThatRuns(t *testing.T) {
	dir := deadFolder(t, 30)
	rig := leatThatRuns(t, dir)
	code, _, errs := said(t, "dead", "replay")
	if want := "replayed             27\nfailed again          3  new letters replace theirs\n"; code != 1 || !strings.HasPrefix(errs, want) {
		t.Errorf("%d: %s", code, errs)
	}
	if n := rig.Pipeline.Stats().Sum(pipeline.CountDelivered); n != 30 {
		t.Errorf("the pipeline that runs delivered %d", n)
	}
	if _, err := os.Stat(".leat"); err == nil {
		t.Error("a state was opened beside the one of the leat that runs")
	}
	// What ran there has the letters marked: nothing is replayed twice.
	if code, out, _ := said(t, "dead", "list"); code != 0 || !strings.Contains(out, "3 dead letters") {
		t.Errorf("%d: %s", code, out)
	}
}

// Another pipeline at the address has none of the letters, whatever its sinks are called.
func TestDeadReplayAtAnotherPipeline(t *testing.T) {
	rig := leatThatRuns(t, deadFolder(t, 3))
	yaml, err := os.ReadFile("pipeline.yaml")
	if err != nil {
		t.Fatal(err)
	}
	other := deadFolder(t, 20)
	write(t, filepath.Join(other, "pipeline.yaml"), strings.Replace(string(yaml), "dead.jsonl", filepath.Join(other, "dead.jsonl"), 1))
	// The letters of this folder's file are others: their numbers are the same.
	path := filepath.Join(other, "dead.jsonl")
	text, _ := os.ReadFile(path)
	write(t, path, strings.ReplaceAll(string(text), `"key\":\"k`, `"key\":\"z`))
	code, _, _ := said(t, "dead", "replay", "-f", filepath.Join(other, "pipeline.yaml"))
	if n := rig.Pipeline.Stats().Sum(pipeline.CountDelivered); code != 1 || n != 0 {
		t.Errorf("%d: the other pipeline delivered %d", code, n)
	}
}

func TestStatusFitsTheTerminal(t *testing.T) {
	rig := leatThatRuns(t, deadFolder(t, 1))
	rig.Feed.Send("", `{"id":"1","key":"k"}`)
	rig.Feed.Send("", `{`)
	eventually(t, func() bool { return rig.Pipeline.Stats().Sum(pipeline.CountDelivered) == 2 })
	if err := rig.Pipeline.Pause("parcels"); err != nil {
		t.Fatal(err)
	}
	code, out, errs := said(t, "status")
	for _, want := range []string{"leat 1.2.3, for ", "flow parcels paused\n", "paused by hand, since ", "read                                   2\n", "stage decode                1 dead letters\n", "sink dead                                 1 dead letters\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s%s", want, out, errs)
		}
	}
	for _, line := range strings.Split(out, "\n") {
		if len([]rune(line)) > 80 {
			t.Errorf("wider than 80 columns: %s", line)
		}
	}
	if code != 0 {
		t.Errorf("%d: %s", code, errs)
	}
}

func TestLongReasonsAreWrapped(t *testing.T) {
	var out strings.Builder
	since := time.Date(2026, 3, 14, 12, 1, 3, 0, time.UTC)
	f := admin.Flow{Health: admin.Health{Flow: "f", State: "running", Ready: true, Reasons: []admin.Reason{{Kind: "sink", Part: "erp", Text: "fails (1 event waits): " + strings.Repeat("word ", 40) + strings.Repeat("x", 200) + "\x1b[2J", Since: &since}}}}
	printFlow(&out, f, ink(false), 80)
	for _, line := range strings.Split(out.String(), "\n") {
		if len([]rune(line)) > 80 || strings.Contains(line, "\x1b") {
			t.Errorf("%q", line)
		}
	}
}
