package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long a test waits for anything before it fails.
const patience = 60 * time.Second

// process is a leat command that was started.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	said  *output
	ended chan struct{}
}

// output is what a process has written so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // gets a signal when something was added
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(b)
	select {
	case o.more <- struct{}{}:
	default:
	}
	return len(b), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start runs leat in a folder; set is added to its environment.
func start(t *testing.T, dir string, set []string, args ...string) *process {
	t.Helper()
	return startProgram(t, dir, set, "leat", args...)
}

func startProgram(t *testing.T, dir string, set []string, name string, args ...string) *process {
	t.Helper()
	return startWith(t, nil, dir, set, name, args...)
}

// startWith gives the process in as its standard input; nil: nothing.
func startWith(t *testing.T, in *os.File, dir string, set []string, name string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(name, args...), said: &output{more: make(chan struct{}, 1)}, ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env = dir, append(os.Environ(), set...)
	p.cmd.Stdout, p.cmd.Stderr = p.said, p.said
	if in != nil {
		p.cmd.Stdin = in
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
		if t.Failed() {
			t.Logf("%s %s said:\n%s", name, strings.Join(args, " "), shortened(p.said.String()))
		}
	})
	return p
}

// shortened leaves out the middle of a long text.
func shortened(text string) string {
	const most = 4000
	if len(text) <= 2*most {
		return text
	}
	return text[:most] + "\n…\n" + text[len(text)-most:]
}

// exit waits for the end of the process and returns its exit code.
func (p *process) exit() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatalf("still running after %s", patience)
	}
	return p.cmd.ProcessState.ExitCode()
}

// mustExit fails the test unless the process ends with one of codes.
func (p *process) mustExit(code int) *process {
	p.t.Helper()
	if got := p.exit(); got != code {
		p.t.Fatalf("exit code %d, want %d", got, code)
	}
	return p
}

// kill ends the process as a power failure would.
func (p *process) kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Fatal(err)
	}
	p.exit()
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// awaitText waits until the process has said something that pattern matches.
func (p *process) awaitText(pattern string) {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	deadline := time.After(patience)
	for !re.MatchString(p.said.String()) {
		select {
		case <-p.said.more:
		case <-p.ended:
			if !re.MatchString(p.said.String()) {
				p.t.Fatalf("ended without saying %q", pattern)
			}
		case <-deadline:
			p.t.Fatalf("did not say %q", pattern)
		}
	}
}

// mustSay fails the test unless pattern matches what the process said.
func (p *process) mustSay(pattern string) {
	p.t.Helper()
	if !regexp.MustCompile(pattern).MatchString(p.said.String()) {
		p.t.Errorf("said nothing like %q", pattern)
	}
}

// awaitSize waits until files together hold n bytes, or the process has ended.
// It reports whether it still runs.
func (p *process) awaitSize(n int64, files ...string) bool {
	p.t.Helper()
	return p.await(func() bool { return sizeOf(files...) >= n })
}

// await waits until done is true, or the process has ended. It reports whether
// it still runs. It looks again and again, so done should cost little.
func (p *process) await(done func() bool) bool {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-p.ended:
			return false
		case <-ctx.Done():
			p.t.Fatal("what was waited for did not happen")
		}
	}
	return true
}

func sizeOf(files ...string) (n int64) {
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			n += info.Size()
		}
	}
	return n
}

var summaryLineRE = regexp.MustCompile(`(?m)^(read|split|delivered|duplicates|dropped|reordered|late|forced|dead letters|returned) +([\d,]+)\b`)

// summary returns the numbers that the process said at its end.
func (p *process) summary() map[string]int {
	numbers := map[string]int{}
	for _, m := range summaryLineRE.FindAllStringSubmatch(p.said.String(), -1) {
		n, err := strconv.Atoi(strings.ReplaceAll(m[2], ",", ""))
		if err != nil {
			p.t.Fatal(err)
		}
		numbers[m[1]] = n
	}
	return numbers
}

// mustSumUp compares the numbers of the summary; those that are not in want
// must not be there.
func (p *process) mustSumUp(want map[string]int) {
	p.t.Helper()
	got := p.summary()
	for name, n := range want {
		if got[name] != n {
			p.t.Errorf("%s: the summary says %d, want %d", name, got[name], n)
		}
	}
	for name := range got {
		if _, expected := want[name]; !expected {
			p.t.Errorf("%s: the summary says %d, and it should not be there", name, got[name])
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func linesOf(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) == 0 {
		return nil
	}
	if text[len(text)-1] != '\n' {
		t.Errorf("%s does not end with a whole line", path)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}
