package stdin

import (
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLinesOfStandardInput(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stdin
	os.Stdin = r
	defer func() { os.Stdin = before }()
	yaml := "version: 1\nflows: {f: {from: {stdin: {max_size: 8}}, to: out, on_error: {dead_letter: dead}}}\nsinks: {out: record, dead: record}\n"
	rig := flowtest.Load(t, yaml, flowtest.Options{Catalog: pipeline.Catalog{Sources: []pipeline.SourceDef{Source}}})
	rig.Run()
	io.WriteString(w, "{\"n\":1}\r\n\n\"too long\"\n2")
	w.Close()
	if err := rig.Wait(); err != nil {
		t.Fatal(err)
	}
	got := rig.Recorder.Got("out")
	slices.SortFunc(got, func(a, b flowtest.Got) int { return a.Seq.Compare(b.Seq) })
	if len(got) != 2 || got[0].Body != `{"n":1}` || got[1].Body != "2" {
		t.Error(got)
	}
	if got := rig.Recorder.Bodies("dead"); len(got) != 1 || !strings.Contains(got[0], "10 bytes are more than max_size (8B) allows") {
		t.Error(got)
	}
}

func TestSizeMustBeLargerThanZero(t *testing.T) {
	_, err := flowtest.TryLoad("version: 1\nflows: {f: {from: {stdin: {max_size: 0}}, to: out}}\nsinks: {out: record}\n",
		flowtest.Options{Catalog: pipeline.Catalog{Sources: []pipeline.SourceDef{Source}}})
	if err == nil || !strings.Contains(err.Error(), "max_size: must be at least 1 byte") {
		t.Error(err)
	}
}
