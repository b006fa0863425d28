// Package layout keeps the source tree the way docs/ARCHITECTURE.md describes
// it: who may import whom, and what no package may do.
package layout

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/leat-io/leat"

// pkg is what go list says of a package. Path is without the module.
type pkg struct {
	Path       string
	ImportPath string
	Name       string
	Dir        string
	GoFiles    []string
	CgoFiles   []string
	// Files for other systems, or behind build tags.
	IgnoredGoFiles []string
	Imports        []string
}

// rings are the top folders from the inside out: a package imports from its own
// ring and from those before it.
var rings = [][]string{
	{"internal"},
	{"pipeline"},
	{"setup", "sim", "deadletters"},
	{"admin"},
	{"live", "metrics", "tracing"},
	{"plugins"},
	{"stages", "providers", "state"},
	{"cmd", "cli", "examples", "docs", "bench", "chaos", "acceptance"},
}

func ring(path string) int {
	return slices.IndexFunc(rings, func(folders []string) bool { return slices.Contains(folders, top(path)) })
}

func top(path string) string {
	first, _, _ := strings.Cut(path, "/")
	return first
}

// shared may be imported by packages beside them.
var shared = map[string]string{
	"providers/stdin":        "providers/file", // standard input is read as a file is
	"providers/di":           "providers/sqs",  // setup is about the queue that the preset reads
	"providers/sevensenders": "providers/sqs",
	"providers/spapi":        "providers/sqs",
}

func TestImportsPointInwards(t *testing.T) {
	for _, p := range list(t) {
		if ring(p.Path) < 0 {
			t.Errorf("%s: its top folder has no ring: add it to rings, and to docs/ARCHITECTURE.md", p.Path)
		}
		for _, imported := range ours(p.Imports) {
			if why := refusal(p.Path, imported); why != "" {
				t.Errorf("%s imports %s: %s", p.Path, imported, why)
			}
		}
	}
}

// refusal says why a package may not import another, or "".
func refusal(from, to string) string {
	a, b := top(from), top(to)
	switch {
	case ring(to) > ring(from):
		return "imports point from the outside in, see rings"
	case ring(to) < ring(from) || shared[from] == to:
		return ""
	case a == "pipeline" || a == "internal" || a == "sim" && a == b:
		if to == "pipeline/flowtest" {
			return "flowtest is for tests"
		}
		return ""
	case a == "plugins": // the contract, the SDK and the host make one thing
		return ""
	case ring(from) == len(rings)-1:
		if b != "cli" && (a != b || a != "bench") { // Go itself lets nobody import a main
			return "nobody imports a program"
		}
		return ""
	case a != b:
		return "stages, providers and state stores do not know each other"
	case from == a: // the list of the folder
		return ""
	case strings.HasPrefix(to, from+"/"): // a part of it
		return ""
	}
	return "what is in " + a + " stands for itself; what two of them need belongs into pipeline or internal"
}

func TestNothingHappensBeforeMain(t *testing.T) {
	eachFile(t, func(p pkg, name string, f *ast.File) {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s/%s has a func init: what is compiled in is read in the lists", p.Path, name)
			}
		}
	})
}

func TestPackageNamesSayWhatIsInThem(t *testing.T) {
	for _, p := range list(t) {
		for _, part := range append(strings.Split(p.Path, "/"), p.Name) {
			switch part {
			case "util", "utils", "common", "helper", "helpers", "misc", "base":
				t.Errorf("%s: %q says nothing", p.Path, part)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	documented := map[string]bool{}
	eachFile(t, func(p pkg, _ string, f *ast.File) {
		documented[p.Path] = documented[p.Path] || f.Doc != nil
	})
	for _, p := range list(t) {
		if len(p.GoFiles) > 0 && !documented[p.Path] {
			t.Errorf("%s has no comment above its package clause", p.Path)
		}
	}
}

// eachFile parses all files but tests and what was generated, those for other systems
// too.
func eachFile(t *testing.T, f func(p pkg, name string, file *ast.File)) {
	t.Helper()
	for _, p := range list(t) {
		for _, name := range slices.Concat(p.GoFiles, p.CgoFiles, p.IgnoredGoFiles) {
			if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, ".pb.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			f(p, name, file)
		}
	}
}

// list returns the packages of the module.
func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json", module+"/...")
	var failure bytes.Buffer
	cmd.Stderr = &failure
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &failure)
	}
	var all []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		p.Path = strings.TrimPrefix(p.ImportPath, module+"/")
		all = append(all, p)
	}
	if len(all) < 10 {
		t.Fatalf("go list found only %d packages", len(all))
	}
	return all
}

// ours returns those of the imports that are in the module, without its name.
func ours(imports []string) (out []string) {
	for _, path := range imports {
		if rest, ok := strings.CutPrefix(path, module+"/"); ok {
			out = append(out, rest)
		}
	}
	return out
}
