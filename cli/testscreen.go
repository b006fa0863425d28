package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/leat-io/leat/sim/testfile"
)

// testScreen prints what becomes of tests. On a terminal it is coloured, and a line says
// which test runs.
type testScreen struct {
	t       terminal
	verbose bool
	ink     ink
	live    bool // a line can be written over
}

func newTestScreen(t terminal, verbose bool) *testScreen {
	return &testScreen{t: t, verbose: verbose, ink: inkFor(t.out), live: isLive(t.out)}
}

func (s *testScreen) running(path, name string) {
	if s.live {
		fmt.Fprintf(s.t.out, "\r\x1b[K%s", s.ink.dim(cut(path+": "+name)))
	}
}

// cut makes a text fit on a line, which could not be written over otherwise.
func cut(text string) string {
	const width = 79
	if r := []rune(text); len(r) > width {
		return string(r[:width-1]) + "…"
	}
	return text
}

// clear takes the line away that says what runs.
func (s *testScreen) clear() {
	if s.live {
		fmt.Fprint(s.t.out, "\r\x1b[K")
	}
}

// result prints what came of a test, if that is worth a line.
func (s *testScreen) result(path string, r *testfile.Result) {
	s.clear()
	if len(r.Failures) == 0 {
		if s.verbose {
			fmt.Fprintf(s.t.out, "%s %s %s\n", s.ink.good("ok  "), path+": "+r.Test.Name, s.ink.dim(s.times(r)))
		}
		return
	}
	fmt.Fprintf(s.t.out, "%s %s %s\n", s.ink.bad("FAIL"), path+": "+s.ink.bold(r.Test.Name), s.ink.dim(s.times(r)))
	for _, f := range r.Failures {
		fmt.Fprintf(s.t.out, "  %s: %s\n", f.At, f.What)
		for _, line := range f.Lines {
			fmt.Fprintf(s.t.out, "      %s\n", s.coloured(line))
		}
	}
	fmt.Fprintln(s.t.out)
}

// times says how long the test took, and how long the flow thought it took.
func (s *testScreen) times(r *testfile.Result) string {
	return fmt.Sprintf("(%s of the flow's time)", testfile.Duration(r.Passed))
}

func (s *testScreen) coloured(line string) string {
	switch {
	case strings.HasPrefix(line, "- "):
		return s.ink.bad(line)
	case strings.HasPrefix(line, "+ "):
		return s.ink.good(line)
	}
	return line
}

// broken prints why a file cannot be used.
func (s *testScreen) broken(f testfile.FileResults) {
	s.clear()
	fmt.Fprintf(s.t.out, "%s %s\n", s.ink.bad("FAIL"), f.Path)
	for line := range strings.Lines(f.Err.Error()) {
		fmt.Fprint(s.t.out, "  "+line)
	}
	fmt.Fprint(s.t.out, "\n\n")
}

func (s *testScreen) updated(path string, r *testfile.Result) {
	s.clear()
	fmt.Fprintf(s.t.out, "updated %s: %s\n", path, r.Test.Name)
}

// summary prints the last line, and reports whether something failed.
func (s *testScreen) summary(files []testfile.FileResults, took time.Duration) (failed bool) {
	s.clear()
	tests, bad, broken := 0, 0, 0
	var passed time.Duration
	for _, f := range files {
		if f.Err != nil {
			broken++
		}
		for _, r := range f.Results {
			tests++
			passed += r.Passed
			if len(r.Failures) > 0 {
				bad++
			}
		}
	}
	line := fmt.Sprintf("%s in %s", plural(tests, "test", "tests"), plural(len(files), "file", "files"))
	switch {
	case bad > 0:
		line = s.ink.bad(plural(bad, "failed", "failed")) + ", " + line
	case broken == 0:
		line = s.ink.good("ok") + ", " + line
	}
	if broken > 0 {
		line += ", " + s.ink.bad(plural(broken, "file cannot be used", "files cannot be used"))
	}
	fmt.Fprintf(s.t.out, "%s %s\n", line, s.ink.dim(fmt.Sprintf("(%s of the flows' time in %s)", roundly(passed), roundly(took))))
	return bad > 0 || broken > 0
}

// roundly writes a duration as people say it.
func roundly(d time.Duration) string {
	switch {
	case d >= 240*time.Hour:
		return fmt.Sprintf("%.0f days", d.Hours()/24)
	case d >= time.Hour:
		return fmt.Sprintf("%.1f hours", d.Hours())
	case d >= time.Minute:
		return fmt.Sprintf("%.1f minutes", d.Minutes())
	case d >= time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}
