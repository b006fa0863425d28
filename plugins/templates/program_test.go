package templates_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/plugins/templates"
)

// program is a plugin in a folder of its own, as a user has it.
type program struct {
	language string
	folder   string
	command  []string
	env      []string
}

// layOut makes a plugin of the template, whose program is replaced when main is given.
func layOut(t *testing.T, language, main string) program {
	t.Helper()
	p := templates.Plugin{Language: language, Name: "tester", Folder: t.TempDir()}
	files, err := p.Files()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		writeFile(t, filepath.Join(p.Path(), f.Path), f.Text)
	}
	path := filepath.Join(p.Path(), p.Main())
	if main != "" {
		text, err := os.ReadFile(main)
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, path, text)
	}
	return program{language, p.Path(), []string{interpreter(t, language, p.Path()), path}, []string{"PATH=" + os.Getenv("PATH")}}
}

// interpreter is what runs a language, with what it needs reachable from a folder.
func interpreter(t *testing.T, language, folder string) string {
	t.Helper()
	if language == "python" {
		return testservers.PythonWithGRPC(t)
	}
	node, modules := testservers.NodeWithGRPC(t)
	if err := os.Symlink(modules, filepath.Join(folder, "node_modules")); err != nil && !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
	return node
}

func writeFile(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o755); err != nil {
		t.Fatal(err)
	}
}
