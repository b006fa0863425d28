package mapstage

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/pipeline"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write what the cases give into their files")

// TestCases runs testdata/*.txtar. A case holds
//
//	stage.yaml  the settings of the stage
//	in          the payload, with or without event and meta: name=value lines
//
// and what is compared, of which -update fills the files that are there:
//
//	problems             why the settings are refused
//	error                why the event is rejected
//	out                  the payload afterwards
//	body                 what it means, as JSON
//	event.out, meta.out  name=value lines
func TestCases(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) { runCase(t, path) })
	}
}

func runCase(t *testing.T, path string) {
	c, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	path, err = filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	got := outcome(t, c)
	for _, failure := range []string{"problems", "error"} {
		if !has(c, failure) && got[failure] != "" {
			t.Errorf("%s: %s", failure, got[failure])
		}
	}
	for i, f := range c.Files {
		is, isResult := got[f.Name]
		if !isResult || normal(f.Name, string(f.Data)) == normal(f.Name, is) {
			continue
		}
		if !*update {
			t.Errorf("%s:\n%s\nwant:\n%s", f.Name, is, f.Data)
		}
		c.Files[i].Data = []byte(strings.TrimRight(is, "\n") + "\n")
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(c), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// outcome runs the stage and returns the files that are compared.
func outcome(t *testing.T, c *txtar.Archive) map[string]string {
	got := map[string]string{"problems": "", "error": "", "out": "", "body": "", "event.out": "", "meta.out": ""}
	stage, err := settings(t, c)
	if err != nil {
		got["problems"] = err.Error()
		return got
	}
	e := event(t, c)
	before := *e
	err = stage(func(context.Context, *pipeline.Event) error { return nil })(context.Background(), e)
	if err != nil {
		got["error"] = err.Error()
		unchanged(t, &before, e)
	}
	if err != nil && !pipeline.Rejected(err) {
		t.Errorf("the error is not permanent: %v", err)
	}
	raw, err := e.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	got["out"], got["event.out"], got["meta.out"] = string(raw), identityOf(e), metaOf(e)
	if v, err := e.Value(); err == nil {
		body, _ := rawjson.Append(nil, v)
		got["body"] = string(body)
	}
	return got
}

// settings builds the stage of a case.
func settings(t *testing.T, c *txtar.Archive) (pipeline.Stage, error) {
	root, problems := conf.Parse([]conf.Source{{Name: "stage.yaml", Data: find(c, "stage.yaml")}}, nil, nil)
	config := Stage.Defaults.(Config)
	conf.Decode(root, &config, problems)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return build(t, c, config)
}

func event(t *testing.T, c *txtar.Archive) *pipeline.Event {
	e := pipeline.NewEvent("1", bytes.TrimSuffix(find(c, "in"), []byte("\n")))
	for name, value := range pairs(c, "event") {
		switch name {
		case "id":
			e.ID = value
		case "key":
			e.Key = value
		case "type":
			e.Type = value
		case "time":
			at, err := time.Parse(time.RFC3339, value)
			if err != nil {
				t.Fatal(err)
			}
			e.Time = at
		}
	}
	for name, value := range pairs(c, "meta") {
		e.SetMeta(name, value)
	}
	return e
}

func unchanged(t *testing.T, before, after *pipeline.Event) {
	t.Helper()
	was, _ := before.Bytes()
	is, _ := after.Bytes()
	if !bytes.Equal(was, is) || identityOf(before) != identityOf(after) || metaOf(before) != metaOf(after) {
		t.Errorf("the event changed in spite of the error: %s %s %s", is, identityOf(after), metaOf(after))
	}
}

func identityOf(e *pipeline.Event) string {
	return fmt.Sprintf("id=%s\nkey=%s\ntype=%s\ntime=%s\n", e.ID, e.Key, e.Type, e.TimeText())
}

func metaOf(e *pipeline.Event) string {
	var lines []string
	for name, value := range e.AllMeta() {
		lines = append(lines, name+"="+value+"\n")
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func pairs(c *txtar.Archive, name string) map[string]string {
	values := map[string]string{}
	for line := range strings.Lines(string(find(c, name))) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		values[key] = value
	}
	return values
}

// normal makes the space in a body, which is JSON, not matter.
func normal(name, text string) string {
	if name == "body" && rawjson.Check([]byte(text), 1000) == nil {
		return string(rawjson.Compact(nil, []byte(text)))
	}
	return strings.TrimRight(text, "\n")
}

func find(c *txtar.Archive, name string) []byte {
	for _, f := range c.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

func has(c *txtar.Archive, name string) bool {
	return slices.ContainsFunc(c.Files, func(f txtar.File) bool { return f.Name == name })
}

func build(_ *testing.T, _ *txtar.Archive, c Config) (pipeline.Stage, error) {
	return New(c, &pipeline.Env{Clock: pipeline.System, Name: Stage.Name})
}
