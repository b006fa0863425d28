package cli

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/leat-io/leat/pipeline"
)

// The manual shows flows with the sources and sinks of AWS, Redis and Tiki; they must pass check
// without a warning.
func TestExamplesOfQueuesTopicsAndStreamsPassCheck(t *testing.T) {
	var paths []string
	for _, folder := range []string{"sqs", "sns", "redisstream", "tiki"} {
		found, _ := filepath.Glob("../providers/" + folder + "/testdata/example-*.txtar")
		paths = append(paths, found...)
	}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, report := pipeline.LoadText(path, string(archive.Files[0].Data), pipeline.Options{
			Catalog: StandardCatalog(), Getenv: func(string) (string, bool) { return "x", true },
		})
		if len(report.Problems()) > 0 {
			t.Errorf("%s: %v", path, report.Problems())
		}
	}
	if len(paths) < 5 {
		t.Errorf("only %d examples", len(paths))
	}
}
