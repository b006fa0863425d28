package plugin_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// TestTheExample runs the example of the manual with the program that it names.
func TestTheExample(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/example-eta.txtar")
	if err != nil {
		t.Fatal(err)
	}
	section := map[string]string{}
	for _, f := range archive.Files {
		section[f.Name] = string(f.Data)
	}
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "plugins", "eta", "eta"), "../../examples/plugin-go/plugins/eta")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	t.Chdir(dir)
	stages := "      " + strings.ReplaceAll(strings.TrimSpace(section["stages"]), "\n", "\n      ")
	rig := flowtest.Start(t, "version: 1\nflows:\n  test:\n    from: feed\n    stages:\n"+stages+
		"\n    to: out\n    on_error: {dead_letter: dead}\nsinks: {out: record, dead: record}\n", flowtest.Options{Catalog: catalog})
	for i, line := range strings.Split(strings.TrimSpace(section["in"]), "\n") {
		rig.Feed.Send(strconv.Itoa(i), line)
	}
	rig.Feed.End()
	if err := rig.Wait(); err != nil {
		t.Fatal(err)
	}
	var out, errors string
	for _, g := range rig.Recorder.Got("out") {
		out += g.Body + "\n"
	}
	for _, g := range rig.Recorder.Got("dead") {
		var letter pipeline.DeadLetter
		if err := json.Unmarshal([]byte(g.Body), &letter); err != nil {
			t.Fatal(err)
		}
		errors += letter.Error + "\n"
	}
	if out != section["out"] || errors != section["errors"] {
		t.Errorf("got\n%s%s", out, errors)
	}
}
