package conf

import (
	"bytes"
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write what the cases give into their files")

// TestCases runs testdata/*.txtar. A case holds YAML files, which are merged in
// order, and perhaps:
//
//	env        NAME=value lines
//	/any/path  a file for ${file:/any/path}
//	problems   what is printed, with -update written by this test
//	settings   what was decoded, as JSON, when there are no errors
func TestCases(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		t.Run(name, func(t *testing.T) { runCase(t, path) })
	}
}

func runCase(t *testing.T, path string) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	problems, settings := outcome(archive)
	result := []txtar.File{{Name: "problems", Data: problems}, {Name: "settings", Data: settings}}
	if *update {
		rewrite(t, path, archive, result)
		return
	}
	for _, want := range result {
		if got := strings.TrimSpace(string(want.Data)); got != strings.TrimSpace(string(find(archive, want.Name))) {
			t.Errorf("%s:\n%s\nwant:\n%s", want.Name, got, find(archive, want.Name))
		}
	}
}

func outcome(archive *txtar.Archive) (problems, settings []byte) {
	var sources []Source
	for _, file := range archive.Files {
		if strings.HasSuffix(file.Name, ".yaml") {
			sources = append(sources, Source{Name: file.Name, Data: file.Data})
		}
	}
	into := defaults()
	node, p := Parse(sources, environment(archive), reader(archive))
	ok := Decode(node, &into, p)
	var out bytes.Buffer
	p.Render(&out, Colours{})
	if !ok || p.HasErrors() {
		return out.Bytes(), nil
	}
	settings, err := json.MarshalIndent(into, "", "  ")
	if err != nil {
		panic(err)
	}
	return out.Bytes(), append(settings, '\n')
}

func environment(archive *txtar.Archive) Lookup {
	env := map[string]string{}
	for line := range strings.Lines(string(find(archive, "env"))) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		env[name] = value
	}
	return func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}
}

func reader(archive *txtar.Archive) ReadFile {
	return func(path string) ([]byte, error) {
		if data := find(archive, path); data != nil {
			return data, nil
		}
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
}

func find(archive *txtar.Archive, name string) []byte {
	for _, file := range archive.Files {
		if file.Name == name {
			return file.Data
		}
	}
	return nil
}

func rewrite(t *testing.T, path string, archive *txtar.Archive, result []txtar.File) {
	kept := archive.Files[:0]
	for _, file := range archive.Files {
		if file.Name != "problems" && file.Name != "settings" {
			kept = append(kept, file)
		}
	}
	for _, file := range result {
		if len(file.Data) > 0 {
			kept = append(kept, file)
		}
	}
	archive.Files = kept
	if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}
