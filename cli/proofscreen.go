package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/leat-io/leat/sim/prove"
	"github.com/leat-io/leat/sim/testfile"
)

// proofScreen shows how a proof goes, and what came of it.
type proofScreen struct {
	t     terminal
	ink   ink
	flow  string
	runs  int
	seed  uint64
	live  bool
	drawn time.Time
}

func newProofScreen(t terminal, flow string, runs int, seed uint64) *proofScreen {
	return &proofScreen{t: t, ink: inkFor(t.out), flow: flow, runs: runs, seed: seed, live: isLive(t.out)}
}

const barWidth = 24

// progress draws a bar, ten times a second.
func (s *proofScreen) progress(t prove.Totals) {
	if !s.live || time.Since(s.drawn) < 100*time.Millisecond {
		return
	}
	s.drawn = time.Now()
	full := barWidth * t.Runs / s.runs
	fmt.Fprintf(s.t.out, "\r\x1b[K%s%s %s of %s, %s, %s",
		s.ink.good(strings.Repeat("━", full)), s.ink.dim(strings.Repeat("━", barWidth-full)),
		grouped(int64(t.Runs)), plural(s.runs, "schedule", "schedules"), plural(t.Crashes, "crash", "crashes"), roundly(t.Virtual))
}

func (s *proofScreen) clear() {
	if s.live {
		fmt.Fprint(s.t.out, "\r\x1b[K")
	}
}

// report prints what came of all schedules.
func (s *proofScreen) report(r *prove.Report, took time.Duration) {
	among := ""
	if r.Replicas > 1 {
		among = fmt.Sprintf(" among %d replicas", r.Replicas)
	}
	fmt.Fprintf(s.t.out, "%s %s of %s%s\n\n", s.ink.bold(s.flow+":"), plural(r.Runs, "schedule", "schedules"), plural(r.Events, "event", "events"), among)
	s.verdict(r.Lost+r.Stuck == 0, "lost", r.Lost+r.Stuck, "every event arrived, or is a dead letter")
	s.order(r)
	s.copies(r)
	fmt.Fprintf(s.t.out, "\n  %s, %s, %s of sinks\n", plural(r.Deliveries, "delivery", "deliveries"), plural(r.Crashes, "crash", "crashes"), plural(r.Outages, "outage", "outages"))
	fmt.Fprintf(s.t.out, "  %s of the flow's time in %s, seed %d\n", roundly(r.Virtual), roundly(took), s.seed)
	if r.Story != nil {
		s.story(r.Story)
	}
}

func (s *proofScreen) order(r *prove.Report) {
	note, marked := "of a key, by event time", "came too late for that, and say so"
	switch {
	case r.Promises.Order && r.Promises.Arrival:
		note += ", or as they came"
	case r.Promises.Arrival:
		note, marked = "of a key, as they came", "came in place of a copy that failed"
	case !r.Promises.Order:
		return
	}
	s.verdict(r.Unordered == 0, "out of order", r.Unordered, note)
	if r.Marked > 0 {
		s.line(" ", "marked", r.Marked, marked)
	}
}

func (s *proofScreen) copies(r *prove.Report) {
	switch {
	case r.Promises.Dedupe:
		note := "were under way at a crash, or were given back"
		if r.Copies == 0 {
			note = "every copy was dropped"
		}
		s.verdict(r.Repeated == 0, "delivered twice", r.Repeated, "once their source knew that they had arrived")
		s.line(" ", "duplicates", r.Copies, note)
	default:
		s.line(" ", "duplicates", r.Copies, "the flow has no dedupe: copies pass")
	}
}

func (s *proofScreen) verdict(good bool, what string, n int, note string) {
	if good {
		s.line(s.ink.good("✓"), what, n, note)
		return
	}
	s.line(s.ink.bad("✗"), s.ink.bad(fmt.Sprintf("%-16s", what)), n, note)
}

func (s *proofScreen) line(sign, what string, n int, note string) {
	fmt.Fprintf(s.t.out, "  %s %-16s %8s   %s\n", sign, what, grouped(int64(n)), s.ink.dim(note))
}

// story prints the shortest schedule that was found.
func (s *proofScreen) story(story *prove.Story) {
	fmt.Fprintf(s.t.out, "\n%s %s\n\nThe shortest schedule that shows it, of %s tried:\n\n",
		s.ink.bad(string(story.Violation.Kind)+":"), story.Violation.What, plural(story.Tried, "one", "that were"))
	width := 0
	for _, l := range story.Lines {
		width = max(width, len(testfile.Duration(l.At.Round(time.Millisecond))))
	}
	for _, l := range story.Lines {
		what := l.What
		if l.Times > 1 {
			what += fmt.Sprintf(" (%d times)", l.Times)
		}
		if strings.Contains(what, "killed") || strings.Contains(what, "is away") {
			what = s.ink.bad(what)
		}
		fmt.Fprintf(s.t.out, "  %*s  %s\n", width, s.ink.dim(testfile.Duration(l.At.Round(time.Millisecond))), what)
	}
	fmt.Fprintf(s.t.out, "\n  again: leat prove %s --seed %d\n", s.flow, s.seed)
}
