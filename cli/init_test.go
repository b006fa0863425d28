package cli

import (
	"os"
	"path/filepath"
	"testing"
)

func TestEveryStarterPassesCheck(t *testing.T) {
	for _, source := range startable(StandardCatalog()) {
		dir := t.TempDir()
		start(t, dir, nil, "init", "--source", source).mustExit(exitOK)
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
