package flowtest

import (
	"encoding/json"
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
//	NAME.csv       a file that a stage reads; also NAME.json
//	in             one payload a line; their ids are 1, 2, 3 …
//	in.payload     one payload of several lines, without the end of the last one;
//	               there may be several of these sections
//	in.meta        the metadata of the payloads, a JSON object a line
//	now            when they are received; 2026-03-31T12:00:00Z if not given
//
// and what must come of it:
//
//	check          every problem and warning of the file
//	out            what reaches the sink "out", each payload and the end of a line
//	out.NAME       the same for the sink NAME
//	left           the same as out, in the order in which it got there
//	body           what the payloads at "out" mean to a stage, as JSON; the space
//	               in it does not matter
//	events         id, key, type, time and metadata of what reaches "out"
//	dead           for each dead letter, a part of "where: error"
//	errors         the same in full
//	counts         the counters that are not 0, added up by name
//
// What is in no section must not be there: no dead letter, no problem. A stage
// that is alone in its flow must not change an event that it rejects. The order
// is that of the source, but for left. With UPDATE=1 in the environment, the
// sections that are there are filled with what came of it.
func RunCases(t *testing.T, catalog pipeline.Catalog, dir string) {
	t.Helper()
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
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
			unpack(t, archive)
			synctest.Test(t, func(t *testing.T) { (&flowCase{t: t, path: path, archive: archive}).run(catalog) })
		})
	}
}

// unpack changes to a folder that has the files of a case.
func unpack(t *testing.T, archive *txtar.Archive) {
	t.Chdir(t.TempDir())
	for _, f := range archive.Files {
		if ext := filepath.Ext(f.Name); ext == ".csv" || ext == ".json" {
			if err := os.WriteFile(f.Name, f.Data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// flowCase is one case.
type flowCase struct {
	t        *testing.T
	path     string
	archive  *txtar.Archive
	sent     []*Sent
	arrivals sync.Map // what a Got does not say, as arrival by where
}

func (c *flowCase) run(catalog pipeline.Catalog) {
	c.setClock()
	results := map[string]string{"out": "", "left": "", "body": "", "events": "", "dead": "", "errors": "", "counts": ""}
	rig, err := TryLoad(c.yaml(), Options{Catalog: catalog, Fail: c.note})
	results["check"] = rig.problems(c.yaml(), catalog)
	if err == nil {
		c.feed(rig)
		c.collect(rig, results)
		c.checkRejected(rig)
	}
	c.compare(results)
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

// payloads returns what goes in, in the order of the file.
func (c *flowCase) payloads() (list []string) {
	for _, f := range c.archive.Files {
		switch f.Name {
		case "in":
			for line := range strings.Lines(string(f.Data)) {
				list = append(list, strings.TrimSuffix(line, "\n"))
			}
		case "in.payload":
			list = append(list, strings.TrimSuffix(string(f.Data), "\n"))
		}
	}
	return list
}

// metadata returns that of the first n messages.
func (c *flowCase) metadata(n int) []map[string]string {
	list := make([]map[string]string, n)
	i := 0
	for line := range strings.Lines(c.section("in.meta")) {
		if i == n {
			c.t.Fatalf("in.meta has more lines than there are payloads, which are %d", n)
		}
		if err := json.Unmarshal([]byte(line), &list[i]); err != nil {
			c.t.Fatalf("in.meta: %v", err)
		}
		i++
	}
	return list
}

func (c *flowCase) feed(rig *Rig) {
	payloads := c.payloads()
	for i, meta := range c.metadata(len(payloads)) {
		c.sent = append(c.sent, rig.Feed.SendMeta(strconv.Itoa(i+1), payloads[i], meta))
	}
	rig.Feed.End()
	rig.Run()
	if err := rig.Wait(); err != nil {
		c.t.Error(err)
	}
	synctest.Wait()
	for _, s := range c.sent {
		if !s.Acked() {
			c.t.Errorf("message %s is not settled", s.ID)
		}
	}
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
