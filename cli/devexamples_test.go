package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExamplesOfVendorsTakeTheirFeed: each event leaves once, by itself and joined with
// the feeds of others.
func TestExamplesOfVendorsTakeTheirFeed(t *testing.T) {
	examples, err := filepath.Abs("../examples")
	if err != nil {
		t.Fatal(err)
	}
	for _, vendor := range []string{"di", "sevensenders", "spapi", "mws", "tiki"} {
		for _, example := range []string{vendor, "feeds"} {
			t.Run(vendor+" in "+example, func(t *testing.T) {
				t.Chdir(t.TempDir())
				var out, said bytes.Buffer
				file := filepath.Join(examples, example, "pipeline.yaml")
				if code := run(context.Background(), StandardCatalog(), nil, []string{"check", "--strict", file}, terminal{&out, &said}); code != exitOK {
					t.Fatalf("%s%s", &out, &said)
				}
				if code := run(context.Background(), StandardCatalog(), nil, []string{"dev", vendor, file, "--events", "40", "--rate", "1000/s"}, terminal{&out, &said}); code != exitOK {
					t.Fatalf("%s%s", &out, &said)
				}
				if got := linesIn(t, "out"); got != 40 {
					t.Errorf("%d events left, want 40\n%s", got, &said)
				}
				if dead, _ := os.ReadFile("out/dead.jsonl"); len(dead) > 0 {
					t.Errorf("dead letters: %s", dead)
				}
			})
		}
	}
}

func linesIn(t *testing.T, dir string) (n int) {
	t.Helper()
	paths, _ := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		n += strings.Count(string(raw), "\n")
	}
	return n
}
