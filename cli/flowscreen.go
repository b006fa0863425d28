package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/sim/inspect"
	"github.com/leat-io/leat/sim/testfile"
)

// flowScreen prints what the stages of a flow did with events.
type flowScreen struct {
	t      terminal
	ink    ink
	r      *inspect.Report
	name   int // width of the names of stages and sinks
	counts struct{ delivered, dead, dropped int }
}

const (
	screenWidth  = 80
	longestName  = 22
	partIndent   = "    "
	firstIndent  = "  "
	betweenParts = " · "
)

func newFlowScreen(t terminal, r *inspect.Report) *flowScreen {
	s := &flowScreen{t: t, ink: inkFor(t.out), r: r}
	for _, m := range r.Messages {
		s.measure(m.Way)
	}
	return s
}

// measure finds the width of the column of names.
func (s *flowScreen) measure(w inspect.Way) {
	for _, step := range w.Steps {
		s.name = max(s.name, min(longestName, utf8.RuneCountInString(s.nameOf(step))))
		s.measure(step.Way)
		for _, p := range step.Parts {
			s.measure(p.Way)
		}
	}
}

// nameOf is what a step is called. A stage of another flow has that in front.
func (s *flowScreen) nameOf(step *inspect.Step) string {
	switch {
	case step.Sink != "":
		return "→ " + step.Sink
	case step.Flow != s.r.Flow:
		return step.Flow + "/" + step.Stage
	}
	return step.Stage
}

func (s *flowScreen) report() {
	for _, m := range s.r.Messages {
		fmt.Fprintf(s.t.out, "%s %s\n", s.ink.bold(m.Name), s.ink.dim(fmt.Sprintf("(%s) comes from %s into %s", plural(m.Size, "byte", "bytes"), s.r.Source, s.r.Flow)))
		s.way(m.Way, firstIndent)
		s.fate(m)
		fmt.Fprintln(s.t.out)
	}
	s.summary()
}

// way prints where an event went, one step below the other. Where it was split, the parts
// stand indented.
func (s *flowScreen) way(w inspect.Way, indent string) {
	failed := ""
	for _, step := range w.Steps {
		if step.Sink != "" {
			s.delivery(step, indent, failed)
			continue
		}
		failed = step.Error
		s.stage(step, indent)
		if !routed(step) {
			s.way(step.Way, indent)
		}
		if len(step.Parts) == 1 {
			s.way(step.Parts[0].Way, indent)
			continue
		}
		for i, p := range step.Parts {
			s.part(i, p, indent)
		}
	}
}

// part prints one of several events that a stage has made.
func (s *flowScreen) part(i int, p *inspect.Part, indent string) {
	fmt.Fprintf(s.t.out, "%s%s\n", indent+firstIndent, s.ink.dim(fmt.Sprintf("part %d  %s", i+1, briefBody(p.Event))))
	s.way(p.Way, indent+partIndent)
}

func briefBody(l inspect.Look) string {
	const most = 56
	text := []rune(string(l.Body) + l.Text)
	if len(text) > most {
		return string(text[:most-1]) + "…"
	}
	return string(text)
}

// delivery prints a sink that gets the event. failed is the error that is shown already.
func (s *flowScreen) delivery(step *inspect.Step, indent, failed string) {
	if l := step.Letter; l != nil {
		s.counts.dead++
		text := "dead letter"
		if l.Error != failed {
			text += ": " + l.Error
		}
		s.row(indent, s.nameOf(step), text, s.ink.bad, s.ink.bad)
		return
	}
	s.counts.delivered++
	s.row(indent, s.nameOf(step), s.when(step), s.ink.good, s.ink.dim)
}

// when says at what time a sink gets an event, if time has passed.
func (s *flowScreen) when(step *inspect.Step) string {
	if step.Came.Time.After(s.r.At) {
		return "at " + s.clock(step.Came.Time)
	}
	return ""
}

// routed reports whether a stage gives its event to sinks and to nothing else, so that a
// line is enough for both.
func routed(step *inspect.Step) bool {
	return len(step.Steps) > 0 && len(step.Parts) == 0 && !slices.ContainsFunc(step.Steps, func(s *inspect.Step) bool {
		return s.Sink == "" || s.Letter != nil
	})
}

// route says which sinks a stage gives its event to.
func (s *flowScreen) route(step *inspect.Step) string {
	text := ""
	for i, to := range step.Steps {
		s.counts.delivered++
		if i > 0 {
			text += ", "
		}
		text += strings.TrimSpace(s.nameOf(to) + " " + s.when(to))
	}
	return text
}

func (s *flowScreen) stage(step *inspect.Step, indent string) {
	var said []string
	paint := func(text string) string { return text }
	if held := s.held(step); held != "" {
		said = append(said, held)
	}
	switch {
	case step.Error != "":
		said, paint = append(said, s.failure(step)), s.ink.bad
	case step.Dropped != "":
		s.counts.dropped++
		said, paint = append(said, dropped(step)), s.ink.bad
	case routed(step):
		said, paint = append(said, s.route(step)), s.ink.good
	case len(step.Parts) > 1 || step.Type == "split" && len(step.Parts) == 1:
		said = append(said, "split into "+plural(len(step.Parts), "part", "parts"))
	case len(step.Parts) == 1:
		said = append(said, step.Parts[0].Changes...)
	}
	if flow := into(step); flow != "" {
		said = append(said, "goes on into flow "+flow)
	}
	if len(said) == 0 && len(step.Steps) == 0 {
		said, paint = []string{"passes"}, s.ink.dim
	}
	s.row(indent, s.nameOf(step), strings.Join(said, betweenParts), func(t string) string { return t }, paint)
}

// into is the other flow that a stage sends its event to, or "".
func into(step *inspect.Step) string {
	for _, next := range step.Steps {
		if next.Sink == "" && next.Flow != step.Flow {
			return next.Flow
		}
	}
	return ""
}

func (s *flowScreen) failure(step *inspect.Step) string {
	if step.Rejected {
		return "rejected: " + step.Error
	}
	return fmt.Sprintf("failed %s: %s", plural(step.Attempts, "time", "times"), step.Error)
}

// held says until when a stage kept the event.
func (s *flowScreen) held(step *inspect.Step) string {
	window := ""
	if step.Holds() > 0 {
		window = " (window " + testfile.Duration(step.Holds()) + ")"
	}
	switch went := step.Went; {
	case went == nil && step.Error == "" && len(step.Steps) == 0:
		return "held still, " + testfile.Duration(s.r.Passed) + " later" + window
	case went == nil:
	case went.Time.After(step.Came.Time):
		return "held until " + s.clock(went.Time) + window
	case went.Message > len(s.r.Messages) && step.Came.Message < went.Message:
		return "held until the end of the input" + window
	case went.Message > step.Came.Message:
		return "held until " + s.r.Messages[went.Message-1].Name + " came" + window
	}
	return ""
}

// dropped says why a stage let the event end there.
func dropped(step *inspect.Step) string {
	switch {
	case step.Dropped == pipeline.CountDuplicates || step.Dropped == pipeline.CountEarlier:
		return "dropped: a copy of it was delivered"
	case step.Type == "filter" && step.Detail() != "":
		return "dropped, for this does not hold: " + step.Detail()
	case step.Type == "split":
		return "dropped: it has no parts"
	case step.Type == "reorder":
		return "dropped: it is late"
	}
	return "dropped"
}

// clock is a time of the flow. The day is said where it is another than at the start.
func (s *flowScreen) clock(t time.Time) string {
	t, at := t.UTC(), s.r.At.UTC()
	layout := "15:04:05"
	if t.Nanosecond() != 0 {
		layout += ".000"
	}
	if t.YearDay() != at.YearDay() || t.Year() != at.Year() {
		layout = "2006-01-02 " + layout
	}
	return t.Format(layout)
}

// row prints a name and what is said of it, on as many lines as it takes.
func (s *flowScreen) row(indent, name, text string, paintName, paint func(string) string) {
	width := utf8.RuneCountInString(name)
	fmt.Fprint(s.t.out, indent+paintName(name))
	if width > s.name {
		width = s.name
		fmt.Fprint(s.t.out, "\n"+indent+strings.Repeat(" ", width))
	}
	left := screenWidth - utf8.RuneCountInString(indent) - s.name - 2
	for i, line := range wrapped(text, max(left, 30)) {
		if i > 0 {
			fmt.Fprint(s.t.out, "\n"+indent)
			width = 0
		}
		fmt.Fprint(s.t.out, strings.Repeat(" ", s.name-width+2)+paint(line))
	}
	fmt.Fprintln(s.t.out)
}

// wrapped breaks text between words into lines of a width. A word that is longer is cut
// into pieces.
func wrapped(text string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		for utf8.RuneCountInString(word) > width {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			r := []rune(word)
			lines, word = append(lines, string(r[:width])), string(r[width:])
		}
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width:
			lines, line = append(lines, line), word
		default:
			line += " " + word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// fate prints what became of a message that its source does not forget.
func (s *flowScreen) fate(m *inspect.Message) {
	switch m.Fate {
	case inspect.FateReturned:
		fmt.Fprintln(s.t.out, firstIndent+s.ink.bad("← goes back to its source, which offers it again"))
	case inspect.FateOpen:
		fmt.Fprintln(s.t.out, firstIndent+s.ink.bad("not settled after "+testfile.Duration(s.r.Passed)+" of the flow's time"))
	}
}

func (s *flowScreen) summary() {
	fmt.Fprintf(s.t.out, "%s: %s, %s, %s\n", plural(len(s.r.Messages), "message", "messages"),
		plural(s.counts.delivered, "delivery", "deliveries"), plural(s.counts.dropped, "dropped", "dropped"), plural(s.counts.dead, "dead letter", "dead letters"))
	fmt.Fprintln(s.t.out, s.ink.dim("Nothing was sent, stored or remembered.\nThe clock began at "+s.r.At.UTC().Format("2006-01-02 15:04:05")+" UTC."))
}
