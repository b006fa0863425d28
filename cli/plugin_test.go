package cli

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/testservers"
)

// What is told to do after leat plugin new works, in each language.
func TestANewPluginRunsInAFlow(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"go", "python", "node"} {
		t.Run(language, func(t *testing.T) {
			dir := t.TempDir()
			env := runtimeOf(t, language)
			start(t, dir, nil, "plugin", "new", "--lang", language, "labels").mustExit(exitOK)
			prepare(t, language, filepath.Join(dir, "plugins", "labels"))
			p := start(t, dir, env, "run", "plugins/labels/try.yaml").mustExit(exitOK)
			p.mustSumUp(map[string]int{"read": 2, "delivered": 1, "dropped": 1})
			if said := p.said.String(); !strings.Contains(said, `"label":"seen"`) || !strings.Contains(said, `"370600000000000011"`) {
				t.Error("no event with a label")
			}
		})
	}
}

// The examples run from the root of a checkout, of which only what they need is here.
func TestExamplesOfPluginsRun(t *testing.T) {
	for _, language := range []string{"python", "node"} {
		t.Run(language, func(t *testing.T) {
			dir, example := t.TempDir(), "examples/plugin-"+language
			env := runtimeOf(t, language)
			for _, folder := range []string{"plugins/templates/" + language, example} {
				if err := os.CopyFS(filepath.Join(dir, folder), os.DirFS("../"+folder)); err != nil {
					t.Fatal(err)
				}
			}
			prepare(t, language, filepath.Join(dir, example, "plugins", "eta"))
			p := start(t, dir, env, "run", example+"/pipeline.yaml").mustExit(exitOK)
			p.mustSumUp(map[string]int{"read": 5, "delivered": 3, "dead letters": 2})
			for _, want := range []string{
				`{"shipmentNumber":370724761411111111,"station":"BER","eventTime":"2026-03-30T10:15:00+02:00","eta":"2026-03-31T10:15:00+02:00"}`,
				`{"shipmentNumber":370724761411111128,"station":"OSL","eventTime":"2026-03-30T15:59:59+02:00","eta":"2026-04-02T15:59:59+02:00"}`,
				`{"shipmentNumber":370724761411111135,"station":"HAM","eventTime":"2026-03-30T18:40:12+02:00","eta":"2026-04-01T00:00:00+02:00"}`,
			} {
				if lines := linesOf(t, filepath.Join(dir, "out", "expected.jsonl")); !strings.Contains(strings.Join(lines, "\n"), want) {
					t.Errorf("%s is missing", want)
				}
			}
			for _, l := range lettersOf(t, linesOf(t, filepath.Join(dir, "out", "dead.jsonl"))) {
				if !strings.Contains(l.Error, "station") && !strings.Contains(l.Error, "eventTime") {
					t.Errorf("a dead letter says %q", l.Error)
				}
			}
		})
	}
}

// What is wrong with a plugin's settings is shown where they are.
func TestSettingsOfAPluginAreCheckedByIt(t *testing.T) {
	dir := t.TempDir()
	env := runtimeOf(t, "python")
	start(t, dir, nil, "plugin", "new", "--lang", "python", "labels").mustExit(exitOK)
	file := filepath.Join(dir, "plugins", "labels", "try.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, strings.Replace(string(text), "label: seen", "label: 7", 1))
	p := start(t, dir, env, "check", "plugins/labels/try.yaml").mustExit(exitProblem)
	if said := p.said.String(); !strings.Contains(said, "config.label: want a text, not 7\n") {
		t.Error("the setting is not named")
	}
}

// runtimeOf is an environment in which plugins of a language find what runs them.
func runtimeOf(t *testing.T, language string) []string {
	t.Helper()
	bin := t.TempDir()
	switch language {
	case "python":
		link(t, testservers.PythonWithGRPC(t), filepath.Join(bin, "python3"))
	case "node":
		node, _ := testservers.NodeWithGRPC(t)
		link(t, node, filepath.Join(bin, "node"))
	}
	return []string{"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH")}
}

// prepare does what a plugin needs before it can run.
func prepare(t *testing.T, language, folder string) {
	t.Helper()
	switch language {
	case "go":
		main, program := filepath.Join(folder, "main.go"), filepath.Join(folder, filepath.Base(folder))
		if said, err := exec.Command("go", "build", "-o", program, main).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
	case "node":
		_, modules := testservers.NodeWithGRPC(t)
		link(t, modules, filepath.Join(folder, "node_modules"))
	}
}

func link(t *testing.T, to, at string) {
	t.Helper()
	if err := os.Symlink(to, at); err != nil && !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
}
