//go:build unix

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-io/leat/pipeline"
)

// A reload leaves tracing as it is, says so when the files want it otherwise, and takes no
// flow for changed because of it.
func TestReloadLeavesTracingAsItIs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "pipeline.yaml")
	const yaml = `version: 1
tracing: {endpoint: "http://127.0.0.1:1"}
state: {memory: {}}
flows: {f: {from: {stdin: {}}, to: out}}
sinks: {out: {file: {path: out.jsonl}}}
`
	write(t, file, yaml)
	in, feed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer feed.Close()
	p := startReading(t, in, dir, nil, "run")
	if _, err := feed.WriteString("{}\n"); err != nil {
		t.Fatal(err)
	}
	p.awaitSize(1, filepath.Join(dir, "out.jsonl"))
	p.reload(file, "# a comment\n"+yaml, "ok")
	if strings.Contains(p.said.String(), "tracing has changed") {
		t.Error("what is the same is said to have changed")
	}
	p.reload(file, strings.Replace(yaml, "endpoint", "sample: 0.5, endpoint", 1), "ok")
	p.awaitText("tracing has changed in the files")
	if strings.Contains(p.said.String(), `"replaced":["f"]`) {
		t.Error("the flow was replaced")
	}
	_ = feed.Close()
	p.mustExit(exitOK)
}

// The flow in docs/traces.md is one that can be run.
func TestFlowInTheDocumentOfTracesIsRight(t *testing.T) {
	t.Parallel()
	_, text, _ := strings.Cut(string(readFile(t, "../docs/traces.md")), "```yaml\n")
	yaml, _, found := strings.Cut(text, "```\n")
	file := filepath.Join(t.TempDir(), "pipeline.yaml")
	write(t, file, yaml)
	if report := pipeline.Check(file, pipeline.Options{Catalog: StandardCatalog()}); !found || len(report.Problems()) > 0 {
		t.Errorf("%v", report.Problems())
	}
}
