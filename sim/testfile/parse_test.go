package testfile

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write what is said into the files")

// TestEverythingWrongWithAFileIsSaidWithItsPlace runs testdata/problems/*.txtar: the file
// with tests, and what is said about it.
func TestEverythingWrongWithAFileIsSaidWithItsPlace(t *testing.T) {
	paths, _ := filepath.Glob("testdata/problems/*.txtar")
	if len(paths) == 0 {
		t.Fatal("no cases")
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Parse("flow.test.yaml", a.Files[0].Data)
			got := ""
			if err != nil {
				got = err.Error() + "\n"
			}
			if want := string(a.Files[1].Data); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if *update {
				a.Files[1].Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// FuzzParse: no text breaks the reader, and what was read can be said again.
func FuzzParse(f *testing.F) {
	paths, _ := filepath.Glob("testdata/*/*.txtar")
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range a.Files {
			f.Add(file.Data)
		}
	}
	f.Add([]byte("version: 1\ntests: [{name: a, in: [{body: {a: [1, x, null, {b: 1e999}]}}], expect: {out: {x: [{body: 1}]}}}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse("flow.test.yaml", data)
		if err != nil {
			return
		}
		for _, test := range file.Tests {
			for _, in := range test.In {
				for _, m := range in.messages {
					if v, ok := yamlValue(m.payload); in.Body != nil && !ok {
						t.Errorf("%s is written as %q", m.payload, v)
					}
				}
			}
		}
	})
}
