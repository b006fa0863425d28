package cli

import (
	"path/filepath"
	"testing"

	"github.com/leat-io/leat/pipeline"
	"github.com/rogpeppe/go-internal/txtar"
)

// The examples in docs/setup.md are files that can be run, without the credentials that
// setup needs.
func TestExamplesOfSetupAreRight(t *testing.T) {
	paths, err := filepath.Glob("../providers/*/testdata/setup-*.txtar")
	if err != nil || len(paths) < 3 {
		t.Fatalf("%d examples, %v", len(paths), err)
	}
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "pipeline.yaml")
		write(t, file, string(a.Files[0].Data))
		if err := pipeline.Check(file, pipeline.Options{Catalog: StandardCatalog()}).Err(); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}
