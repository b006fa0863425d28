package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// summary is what leat run says at its end.
type summary struct {
	stats       pipeline.Stats
	took        time.Duration
	startAfresh string // how to forget what was delivered
	unfinished  bool
}

func (s summary) print(w io.Writer) {
	for _, line := range s.lines() {
		fmt.Fprintf(w, "%-13s %9s  %s\n", line.what, grouped(line.n), line.more)
	}
	fmt.Fprintf(w, "%.1f s, %s events/s\n", s.took.Seconds(), grouped(perSecond(s.stats.Read, s.took)))
	if s.unfinished {
		fmt.Fprintln(w, "interrupted before the end of the input: run it again to go on")
	}
}

type summaryLine struct {
	what string
	n    int64
	more string
}

// lines leaves out what did not happen.
func (s summary) lines() []summaryLine {
	delivered, perSink := s.delivered()
	earlier := s.stats.Sum(pipeline.CountEarlier)
	all := []summaryLine{
		{"duplicates", s.stats.Sum(pipeline.CountDuplicates) + earlier, s.earlierNote(earlier)},
		{"dropped", s.stats.Sum(pipeline.CountDropped), ""},
		{"untimed", s.stats.Sum(pipeline.CountUntimed), "have no time that could be read (time of identify)"},
		{"reordered", s.stats.Sum(pipeline.CountReordered), "left after an event that had come later"},
		{"late", s.stats.Sum(pipeline.CountLate), "came after a later event of their key had left"},
		{"forced", s.stats.Sum(pipeline.CountForced), "left early, to stay within max_held"},
		{"dead letters", s.stats.Sum(pipeline.CountDeadLetters), strings.Join(s.stats.DeadLetterSinks, ", ")},
		{"returned", s.stats.Returned, "not delivered: see the errors above; they are still at their source"},
	}
	out := []summaryLine{{"read", s.stats.Read, ""}}
	if parts := s.stats.Sum(pipeline.CountParts); parts > 0 {
		out = append(out, summaryLine{"split", parts, "events, from " + grouped(s.stats.Sum(pipeline.CountSplit)) + " of these"})
	}
	out = append(out, summaryLine{"delivered", delivered, perSink})
	for _, line := range all {
		if line.n > 0 {
			out = append(out, line)
		}
	}
	for _, spool := range s.stats.Spools {
		if spool.Waiting > 0 {
			out = append(out, summaryLine{"waiting", spool.Waiting, "events in the spool " + spool.Path + ": the next run goes on with them"})
		}
		if spool.Lost > 0 {
			out = append(out, summaryLine{"lost", spool.Lost, "events that were damaged in the spool " + spool.Path + ": see the errors above"})
		}
	}
	return out
}

// delivered adds up what the sinks settled, those of dead letters apart.
func (s summary) delivered() (sum int64, perSink string) {
	var parts []string
	for _, c := range s.stats.Counts {
		if c.Name == pipeline.CountDelivered && !contains(s.stats.DeadLetterSinks, c.Part) {
			sum += c.Value
			parts = append(parts, c.Part+" "+grouped(c.Value))
		}
	}
	return sum, strings.Join(parts, ", ")
}

func (s summary) earlierNote(n int64) string {
	if n == 0 {
		return ""
	}
	note := grouped(n) + " were delivered by an earlier run"
	if s.startAfresh != "" {
		note += "; to start afresh, " + s.startAfresh
	}
	return note
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}

// grouped writes a number with its thousands apart.
func grouped(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
