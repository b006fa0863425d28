package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The tutorial's commands run one after another, with the changes that it asks for in
// between, and say what it shows.
func TestTheTutorial(t *testing.T) {
	text, err := os.ReadFile("../docs/tutorial.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	flow := filepath.Join(dir, "pipeline.yaml")
	change := func(from, to string) func(t *testing.T) {
		return func(t *testing.T) { replaceIn(t, flow, from, to) }
	}
	// Before which command what is changed; the plugin is built by a test of its own.
	changes := map[int]func(t *testing.T){
		3: change("{window: 2m}", "{windw: 2m}"),
		4: change("{windw: 2m}", "{window: 2m}"),
		5: change("key: body.parcel", "key: body.id"),
		6: change("key: body.id", "key: body.parcel"),
	}
	ran := 0
	for i, c := range commandsOf(string(text)) {
		if f := changes[i]; f != nil {
			f(t)
		}
		args, ok := strings.CutPrefix(c.command, "leat ")
		if !ok || strings.HasPrefix(args, "plugin check") {
			continue
		}
		p := start(t, dir, nil, strings.Fields(args)...)
		p.exit()
		for _, line := range c.shows {
			if said := columns(p.said.String()); !strings.Contains(said, columns(line)) {
				t.Errorf("%s: the tutorial shows %q, and it says\n%s", c.command, line, p.said.String())
			}
		}
		ran++
	}
	if ran < 7 {
		t.Errorf("only %d commands were found", ran)
	}
}

// shown is a command with what the tutorial shows of its output.
type shown struct {
	command string
	shows   []string
}

func commandsOf(text string) (all []shown) {
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(text, -1) {
		for line := range strings.Lines(block[1]) {
			line = strings.TrimRight(line, "\n")
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				all = append(all, shown{command: command})
			} else if line != "" {
				last := &all[len(all)-1]
				last.shows = append(last.shows, line)
			}
		}
	}
	return all
}

// columns is text with one space wherever there is any.
func columns(text string) string { return strings.Join(strings.Fields(text), " ") }

func replaceIn(t *testing.T, path, from, to string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), from) {
		t.Fatalf("%s has no %s", path, from)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), from, to, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}
