package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A plugin of a leat that was killed ends, and the next leat removes what it left.
func TestAPluginEndsWithItsLeat(t *testing.T) {
	t.Parallel()
	dir, temp := t.TempDir(), shortTemp(t)
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "plugins", "pass"), "../bench/plugin")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	feed := openPipe(t, filepath.Join(dir, "in.jsonl"))
	write(t, filepath.Join(dir, "pipeline.yaml"), `version: 1
state: {memory: {}}
flows:
  lines:
    from: {file: {path: in.jsonl}}
    stages: [{plugin: {run: plugins/pass, watch: true}}]
    to: out
sinks:
  out: {file: {path: out.jsonl}}
`)
	env := []string{"TMPDIR=" + temp}
	out := filepath.Join(dir, "out.jsonl")
	p := start(t, dir, env, "run", "-q")
	p.await(func() bool { return len(childrenOf(t, p.cmd.Process.Pid)) == 1 })
	if _, err := feed.WriteString("{}\n"); err != nil {
		t.Fatal(err)
	}
	p.awaitSize(2, out)
	plugins := childrenOf(t, p.cmd.Process.Pid)
	if len(plugins) != 1 || len(folders(t, temp)) != 1 {
		t.Fatalf("processes %v, folders %v, want one of each", plugins, folders(t, temp))
	}
	p.kill()
	p.await(func() bool { return !exists(fmt.Sprint("/proc/", plugins[0])) })
	left := folders(t, temp)
	p = start(t, dir, env, "run", "-q")
	if _, err := feed.WriteString("{}\n"); err != nil {
		t.Fatal(err)
	}
	p.awaitSize(4, out)
	if now := folders(t, temp); len(left) != 1 || len(now) != 1 || now[0] == left[0] {
		t.Errorf("it left %v, and now there are %v", left, now)
	}
	p.signal(os.Interrupt)
	p.mustExit(exitProblem) // the input was not at its end
	if now := folders(t, temp); len(now) != 0 {
		t.Errorf("a stop leaves %v", now)
	}
}

// openPipe makes a named pipe that has a writer, so that a flow that reads it goes on.
func openPipe(t *testing.T, path string) *os.File {
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// shortTemp makes a folder for temporary files whose path is short enough for sockets.
func shortTemp(t *testing.T) string {
	temp, err := os.MkdirTemp("", "lt")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(temp) })
	return temp
}

func folders(t *testing.T, temp string) []string {
	found, err := filepath.Glob(filepath.Join(temp, "leat-plugin-*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// childrenOf are the processes that a process has started.
func childrenOf(t *testing.T, pid int) (pids []string) {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		pids = append(pids, strings.Fields(string(text))...)
	}
	return pids
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
