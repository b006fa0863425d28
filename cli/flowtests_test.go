package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// leatTest runs leat test in a process of its own, for no other tests may go on beside it.
func leatTest(t *testing.T, dir string, args ...string) (out string, err error) {
	t.Helper()
	exe, err := exec.LookPath("leat")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, append([]string{"test"}, args...)...)
	cmd.Dir = dir
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	err = cmd.Run()
	return said.String(), err
}

// Every shipped flow passes its tests.
func TestTheTestsOfShippedFlows(t *testing.T) {
	out, err := leatTest(t, "..", "-v")
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	flows, _ := filepath.Glob("../examples/*/pipeline.yaml")
	for _, flow := range append(flows, "../pipeline.yaml") {
		tests := strings.TrimPrefix(strings.TrimSuffix(flow, ".yaml")+".test.yaml", "../")
		if !strings.Contains(out, "ok   "+tests+": ") && !strings.Contains(flow, "/embed/") && !strings.Contains(flow, "/plugin-") { // which have to be built first
			t.Errorf("%s has no tests", flow)
		}
	}
}

// The manual's example passes, and when its flow is broken it says what the manual shows.
func TestTheManualOfTests(t *testing.T) {
	manual, err := os.ReadFile("../docs/testing.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := fenced(string(manual))
	dir := t.TempDir()
	writeNamed(t, dir, blocks)
	if out, err := leatTest(t, dir, "pipeline.yaml"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	flow, err := os.ReadFile(filepath.Join(dir, "pipeline.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	broken := strings.Replace(string(flow), "window: 2h", "window: 1m", 1)
	if err := os.WriteFile(filepath.Join(dir, "pipeline.yaml"), []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := leatTest(t, dir, "pipeline.yaml")
	if err == nil {
		t.Error("a shorter window goes unnoticed")
	}
	said, _, _ := strings.Cut(out, "\n\n")
	for _, b := range blocks {
		if _, shown, ok := strings.Cut(b, "$ leat test\n"); ok && strings.TrimSpace(shown) != said {
			t.Errorf("the manual shows\n%s\nand it says\n%s", shown, said)
		}
	}
}

// The manual's preset passes its tests, and its flow is fine.
func TestTheManualOfPresets(t *testing.T) {
	manual, err := os.ReadFile("../docs/presets.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	writeNamed(t, dir, fenced(string(manual)))
	for _, args := range [][]string{{"presets/acme.yaml"}, {"pipeline.yaml"}, {}} {
		if out, err := leatTest(t, dir, args...); err != nil || !strings.Contains(out, "ok, 3 tests in 1 file") {
			t.Errorf("leat test %v: %v\n%s", args, err, out)
		}
	}
	start(t, dir, nil, "check", "--strict").mustExit(exitOK)
}

// writeNamed writes the blocks whose first line is a comment with the name of a file.
func writeNamed(t *testing.T, dir string, blocks []string) {
	t.Helper()
	for _, b := range blocks {
		if name, ok := strings.CutPrefix(strings.SplitN(b, "\n", 2)[0], "# "); ok && strings.HasSuffix(name, ".yaml") {
			write(t, filepath.Join(dir, name), b)
		}
	}
}

// fenced returns the code blocks of a text.
func fenced(text string) (blocks []string) {
	parts := strings.Split(text, "\n```")
	for i := 1; i < len(parts); i += 2 {
		if _, block, ok := strings.Cut(parts[i], "\n"); ok {
			blocks = append(blocks, block+"\n")
		}
	}
	return blocks
}
