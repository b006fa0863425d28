package flowtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/rogpeppe/go-internal/txtar"
)

// RunCases runs every case of a folder, a txtar file each. What goes in:
//
//	stages         the stages of a flow that ends in the sink "out", or
//	pipeline.yaml  a whole file, with source "feed" and sinks of type "record"
//	in             one payload a line; their ids are 1, 2, 3 …
//	now            when they are received; 2026-03-31T12:00:00Z if not given
//
// and what must come of it:
//
//	check          every problem and warning of the file
//	out            what reaches the sink "out", one payload a line
//	out.NAME       the same for the sink NAME
//	left           the same as out, in the order in which it got there
//	events         id, key, type, time and metadata of what reaches "out"
//	dead           for each dead letter, a part of "where: error"
//	counts         the counters that are not 0, added up by name
//
// What is in no section must not be there: no dead letter, no problem. The order
// is that of the source, but for left. With UPDATE=1 in the environment, the sections that are
// there are filled with what came of it.
func RunCases(t *testing.T, catalog pipeline.Catalog, dir string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases in %s: %v", dir, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) { (&flowCase{t: t, path: path, archive: archive}).run(catalog) })
		})
	}
}

// flowCase is one case.
type flowCase struct {
	t       *testing.T
	path    string
	archive *txtar.Archive
	types   sync.Map // of the events that came to sinks, by where
}

// where tells the arrivals of a case apart.
type where struct {
	sink string
	seq  pipeline.Seq
}

func (c *flowCase) run(catalog pipeline.Catalog) {
	c.setClock()
	results := map[string]string{"out": "", "left": "", "events": "", "dead": "", "counts": ""}
	rig, err := TryLoad(c.yaml(), Options{Catalog: catalog, Fail: c.noteType})
	results["check"] = rig.problems(c.yaml(), catalog)
	if err == nil {
		c.feed(rig)
		results["out"], results["events"], results["dead"] = rig.bodies("out"), c.events(rig, "out"), rig.letters("dead")
		results["counts"] = rig.counts()
		results["left"] = strings.Join(append(rig.Recorder.Bodies("out"), ""), "\n")
		for _, f := range c.archive.Files {
			if sink, ok := strings.CutPrefix(f.Name, "out."); ok {
				results[f.Name] = rig.bodies(sink)
			}
		}
	}
	c.compare(results)
}

// noteType keeps what a [Got] does not say; it has nothing fail.
func (c *flowCase) noteType(sink string, e *pipeline.Event, _ int) error {
	c.types.Store(where{sink, e.Seq}, e.Type)
	return nil
}

// setClock moves the virtual clock, which starts in the year 2000.
func (c *flowCase) setClock() {
	now := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	if text := strings.TrimSpace(c.section("now")); text != "" {
		var err error
		if now, err = time.Parse(time.RFC3339, text); err != nil {
			c.t.Fatal(err)
		}
	}
	time.Sleep(time.Until(now))
}

// yaml returns the file of the case, made around its stages if it has only those.
func (c *flowCase) yaml() string {
	if c.has("pipeline.yaml") {
		return c.section("pipeline.yaml")
	}
	var b strings.Builder
	b.WriteString("flows:\n  test:\n    stages:\n")
	for line := range strings.Lines(c.section("stages")) {
		b.WriteString("      " + line)
	}
	b.WriteString("    from: feed\n    to: out\n    on_error: {dead_letter: dead}\nsinks: {out: record, dead: record}\nversion: 1\n")
	return b.String()
}

func (c *flowCase) feed(rig *Rig) {
	var sent []*Sent
	for line := range strings.Lines(c.section("in")) {
		sent = append(sent, rig.Feed.Send(strconv.Itoa(len(sent)+1), strings.TrimSuffix(line, "\n")))
	}
	rig.Feed.End()
	rig.Run()
	if err := rig.Wait(); err != nil {
		c.t.Error(err)
	}
	synctest.Wait()
	for _, s := range sent {
		if !s.Acked() {
			c.t.Errorf("message %s is not settled", s.ID)
		}
	}
}

func (c *flowCase) compare(results map[string]string) {
	for name, got := range results {
		if !c.has(name) && got != "" && (name == "dead" || name == "check") {
			c.t.Errorf("%s:\n%s", name, got)
		}
	}
	for i, f := range c.archive.Files {
		got, isResult := results[f.Name]
		if !isResult || same(f.Name, got, string(f.Data)) {
			continue
		}
		if os.Getenv("UPDATE") == "" {
			c.t.Errorf("%s:\n%s\nwant:\n%s", f.Name, got, f.Data)
		}
		c.archive.Files[i].Data = []byte(got)
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(c.path, txtar.Format(c.archive), 0o644); err != nil {
			c.t.Fatal(err)
		}
	}
}

// same compares a section with what came of it. Of a dead letter, a part of the
// error will do.
func same(name, got, want string) bool {
	if name != "dead" {
		return got == want
	}
	return slices.EqualFunc(strings.Split(got, "\n"), strings.Split(want, "\n"), func(got, want string) bool {
		return (got == "") == (want == "") && strings.Contains(got, want)
	})
}

func (c *flowCase) section(name string) string {
	for _, f := range c.archive.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func (c *flowCase) has(name string) bool {
	return slices.ContainsFunc(c.archive.Files, func(f txtar.File) bool { return f.Name == name })
}

// problems returns what check prints about a file.
func (rig *Rig) problems(yaml string, catalog pipeline.Catalog) string {
	_, report := pipeline.LoadText("pipeline.yaml", yaml, pipeline.Options{
		Catalog: rig.catalog(catalog, NewState()), DefaultState: "scratch",
		Getenv: func(string) (string, bool) { return "", false },
	})
	var b bytes.Buffer
	report.Print(&b)
	return b.String()
}

// inOrder returns what reached a sink in the order of the source.
func (rig *Rig) inOrder(sink string) []Got {
	got := rig.Recorder.Got(sink)
	slices.SortStableFunc(got, func(a, b Got) int { return a.Seq.Compare(b.Seq) })
	return got
}

// counts writes the counters of a run.
func (rig *Rig) counts() string {
	sums := map[string]int64{}
	for _, c := range rig.Pipeline.Stats().Counts {
		sums[c.Name] += c.Value
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		if sums[name] != 0 {
			fmt.Fprintln(&b, name, sums[name])
		}
	}
	return b.String()
}

func (rig *Rig) bodies(sink string) string {
	var b strings.Builder
	for _, g := range rig.inOrder(sink) {
		b.WriteString(g.Body + "\n")
	}
	return b.String()
}

// events writes what identifies the events of a sink as JSON.
func (c *flowCase) events(rig *Rig, sink string) string {
	type event struct {
		ID   string            `json:"id"`
		Key  string            `json:"key,omitempty"`
		Type any               `json:"type,omitempty"`
		Time string            `json:"time,omitempty"`
		Meta map[string]string `json:"meta,omitempty"`
	}
	var b bytes.Buffer
	lines := json.NewEncoder(&b)
	lines.SetEscapeHTML(false)
	for _, g := range rig.inOrder(sink) {
		e := event{ID: g.ID, Key: g.Key, Meta: g.Meta}
		if kind, _ := c.types.Load(where{sink, g.Seq}); kind != "" {
			e.Type = kind
		}
		if !g.Time.IsZero() {
			e.Time = g.Time.UTC().Format(time.RFC3339Nano)
		}
		if err := lines.Encode(e); err != nil {
			c.t.Error(err)
		}
	}
	return b.String()
}

// letters writes where and why the events of a sink became dead letters.
func (rig *Rig) letters(sink string) string {
	var b strings.Builder
	for _, g := range rig.inOrder(sink) {
		var d pipeline.DeadLetter
		if err := json.Unmarshal([]byte(g.Body), &d); err != nil {
			fmt.Fprintf(&b, "not a dead letter: %s\n", g.Body)
			continue
		}
		why, _, _ := strings.Cut(d.Error, "\n")
		fmt.Fprintf(&b, "%s: %s\n", d.Stage+d.Sink, why)
	}
	return b.String()
}
