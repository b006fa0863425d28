package conf

import (
	"io"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"
)

// FuzzParse checks that no text makes the package panic, and that every node and
// every problem has a place inside of its file.
func FuzzParse(f *testing.F) {
	paths, _ := filepath.Glob("testdata/*.txtar")
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if strings.HasSuffix(file.Name, ".yaml") {
				f.Add(file.Data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		env := func(name string) (string, bool) { return "value", len(name) > 1 }
		node, p := Parse([]Source{{Name: "f.yaml", Data: data}, {Name: "g.yaml", Data: []byte("sinks: {a: {url: x}}")}}, env, nil)
		src := newSource("f.yaml", data)
		checkNode(t, src, node)
		into := defaults()
		ok := Decode(node, &into, p)
		if node != nil && !ok && !p.HasErrors() {
			t.Error("Decode failed and said nothing")
		}
		for _, problem := range p.List() {
			if problem.File == src.name && problem.Line > 0 {
				checkPlace(t, src, problem.Line, problem.Col)
			}
		}
		p.Render(io.Discard, Colours{})
	})
}

func checkNode(t *testing.T, src *source, n *Node) {
	if n == nil || n.File != src.name {
		return
	}
	checkPlace(t, src, n.Line, n.Col)
	for offset := range n.Raw {
		at := n.At(offset)
		checkPlace(t, src, at.Line, at.Col)
	}
	for _, f := range n.Fields {
		checkNode(t, src, f.Key)
		checkNode(t, src, f.Value)
	}
	for _, item := range n.Items {
		checkNode(t, src, item)
	}
}

func checkPlace(t *testing.T, src *source, line, col int) {
	t.Helper()
	if line < 1 || line > len(src.lines) {
		t.Fatalf("line %d is not in the file of %d", line, len(src.lines))
	}
	if col < 1 || col > utf8.RuneCountInString(src.lines[line-1])+1 {
		t.Fatalf("column %d is not in line %d: %q", col, line, src.lines[line-1])
	}
}
