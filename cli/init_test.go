package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEveryStarterPassesCheck(t *testing.T) {
	for _, source := range startable(StandardCatalog()) {
		dir := t.TempDir()
		p := start(t, dir, nil, "init", "--source", source)
		p.mustExit(exitOK)
		for line := range strings.Lines(p.said.String()) {
			if utf8.RuneCountInString(line) > 81 { // with its end
				t.Errorf("%s: too wide for a terminal: %s", source, line)
			}
		}
		start(t, dir, nil, "check", "--strict").mustExit(exitOK)
		if _, isPreset := presetOf(StandardCatalog(), source); isPreset {
			samples, _ := filepath.Glob(filepath.Join(dir, "sample.*"))
			start(t, dir, nil, "inspect", "--as", source, samples[0]).mustExit(exitOK)
		}
	}
	if n := len(startable(StandardCatalog())); n != len(StandardCatalog().Sources)+len(StandardCatalog().Presets)-1 { // tiki is both
		t.Errorf("%d starters: some source or preset has none", n)
	}
}

func TestInitLeavesFilesAlone(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "sample.jsonl"), "mine")
	start(t, dir, nil, "init").mustExit(exitProblem)
	if _, err := os.Stat(filepath.Join(dir, "pipeline.yaml")); err == nil {
		t.Error("half of it was written")
	}
}
