package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-io/leat/pipeline"
)

var presetLeft = regexp.MustCompile(`(?m)^\s+(- )?(di|sevensenders|tiki):`)

// TestAnExpandedFileGivesTheSameEvents runs files with presets, and what they expand to.
func TestAnExpandedFileGivesTheSameEvents(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "di.jsonl"), strings.Join([]string{
		`{"events":[{"trackingNumber":"1","eventTime":"2025-06-12 10:08:23","eventType":{"apiKey":"103"}},{"shipmentNumber":"7","eventTimeUtc":"2025-06-12T08:00:00Z"}]}`,
		`{"events":[]}`, `<html>`, `{"events":[{}]}`, `{"events":[{"trackingNumber":"1","eventTime":"2025-06-12 10:08:23","eventType":{"apiKey":"103"}}]}`, "",
	}, "\n"))
	write(t, filepath.Join(dir, "sevensenders.jsonl"), `{"id":"s1","status":"Pickup","status_time":"14.03.2025 08:15:00"}`+"\n"+`{"id":"s1","status":""}`+"\nnonsense\n")
	write(t, filepath.Join(dir, "tiki.jsonl"), `{"id":"t1","sid":"S","created_at":1718180903418,"payload":{"order_code":9},"type":"A"}`+"\n"+`{"sid":1}`+"\n")
	rapid.Check(t, func(rt *rapid.T) {
		text := drawFile(rt, dir)
		file := filepath.Join(dir, "pipeline.yaml")
		write(t, file, text)
		o := pipeline.Options{Catalog: StandardCatalog()}
		expanded, report := pipeline.Expand(file, o, true)
		if report.Err() != nil {
			rt.Fatalf("%v\n%s", report.Err(), text)
		}
		if presetLeft.Match(expanded) {
			rt.Fatalf("a preset is left in\n%s", expanded)
		}
		want := outputOf(rt, dir, text)
		if got := outputOf(rt, dir, string(expanded)); !slices.Equal(got, want) {
			rt.Fatalf("got\n%s\nwant\n%s\nfrom\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"), expanded)
		}
	})
}

// drawFile makes a file whose presets read files.
func drawFile(rt *rapid.T, dir string) string {
	settings := map[string][]string{
		"di":           {"verify: false, raw: true", "verify: false, raw: true, zone: UTC", "verify: false, raw: true, override: {identify: {key: body.shipmentNumber}}", "verify: false, raw: true, override: {split: null}"},
		"sevensenders": {"api_key: k", "api_key: k, zone: UTC", "api_key: k, override: {decode: null}"},
		"tiki":         {"override: {identify: {type: body.id}}", "override: {identify: {key: body.id}}"},
	}
	var from []string
	presets := rapid.Permutation([]string{"di", "sevensenders", "tiki"}).Draw(rt, "presets")
	for _, name := range presets[:rapid.IntRange(1, 3).Draw(rt, "sources")] {
		own := rapid.SampledFrom(settings[name]).Draw(rt, "settings of "+name)
		from = append(from, fmt.Sprintf("{%s: {source: {file: %q}, %s}}", name, filepath.Join(dir, name+".jsonl"), own))
	}
	list := from[0]
	if len(from) > 1 || rapid.Bool().Draw(rt, "list") {
		list = "[" + strings.Join(from, ", ") + "]"
	}
	stages := rapid.SampledFrom([]string{"", "dedupe: {}", "dedupe: {}, reorder: {window: 1m}", `filter: 'type != "103"'`}).Draw(rt, "stages")
	return fmt.Sprintf("version: 1\nstate: {memory: {}}\nflows:\n  f:\n    from: %s\n    stages: [%s]\n    to: out\n    on_error: {dead_letter: dead}\n"+
		"sinks: {out: {file: {path: %q, format: envelope}}, dead: {file: %q}}\n", list, stages, filepath.Join(dir, "out.jsonl"), filepath.Join(dir, "dead.jsonl"))
}

// outputOf runs a file and returns the events that left it, in no order, and how many
// became dead letters.
func outputOf(rt *rapid.T, dir, text string) []string {
	for _, name := range []string{"out.jsonl", "dead.jsonl"} {
		_ = os.Remove(filepath.Join(dir, name))
	}
	p, report := pipeline.LoadText("pipeline.yaml", text, pipeline.Options{Catalog: StandardCatalog()})
	if err := report.Err(); err != nil {
		rt.Fatalf("%v\n%s", err, text)
	}
	if err := p.Run(context.Background()); err != nil {
		rt.Fatal(err)
	}
	out, _ := os.ReadFile(filepath.Join(dir, "out.jsonl"))
	dead, _ := os.ReadFile(filepath.Join(dir, "dead.jsonl"))
	// Which time is too far ahead of the others depends on which file was faster.
	text = strings.ReplaceAll(string(out), `,"leat.unordered":"true"`, "")
	lines := strings.Split(strings.TrimSpace(text), "\n")
	slices.Sort(lines)
	return append(lines, fmt.Sprint(strings.Count(string(dead), "\n"), " dead letters"))
}

// What a preset hides stays hidden in what it expands to.
func TestAnExpandedFileNamesTheSecrets(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pipeline.yaml")
	write(t, file, "version: 1\nflows:\n  f:\n    from: {spapi: {queue: q}}\n    to: out\n    on_error: {redact: [password], dead_letter: out}\nsinks: {out: stdout}\n")
	expanded, report := pipeline.Expand(file, pipeline.Options{Catalog: StandardCatalog()}, true)
	if report.Err() != nil {
		t.Fatal(report.Err())
	}
	write(t, file, string(expanded))
	p, err := pipeline.Load(file, pipeline.Options{Catalog: StandardCatalog()})
	if err != nil {
		t.Fatalf("%v\n%s", err, expanded)
	}
	if got := p.Secrets(); !slices.Equal(got, []string{"newClientSecret", "password"}) {
		t.Errorf("the secrets are %q in\n%s", got, expanded)
	}
}
