package conf

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

const (
	snippetIndent = "    "
	snippetWidth  = 100 // characters of a line that are shown
)

// Colours are what switches a terminal to them, and back. The zero value is plain text.
type Colours struct{ Place, Error, Warning, Reset string }

// Render prints each problem as file:line:column: what is wrong, then the line
// of the file and a caret below the place.
func (p *Problems) Render(w io.Writer, c Colours) {
	for _, problem := range p.List() {
		p.renderOne(w, problem, c)
	}
}

func (p *Problems) renderOne(w io.Writer, problem Problem, c Colours) {
	fmt.Fprintln(w, problem.in(c))
	file := p.index(problem.File)
	if file < 0 || problem.Line < 1 {
		return
	}
	text, caret := snippet(p.sources[file].line(problem.Line), problem.Col)
	if strings.TrimSpace(text) == "" {
		return
	}
	fmt.Fprintf(w, "%s%s\n%s%s%s^%s\n", snippetIndent, text, snippetIndent, caret, problem.colour(c), c.Reset)
}

// colour is that of the problem's severity.
func (p Problem) colour(c Colours) string {
	if p.Warning {
		return c.Warning
	}
	return c.Error
}

// String returns the problem on one line, without the line of the file.
func (p Problem) String() string { return p.in(Colours{}) }

func (p Problem) in(c Colours) string {
	var text strings.Builder
	text.WriteString(c.Place)
	switch {
	case p.Line > 0:
		fmt.Fprintf(&text, "%s:%d:%d: ", p.File, p.Line, p.Col)
	case p.File != "":
		fmt.Fprintf(&text, "%s: ", p.File)
	}
	text.WriteString(c.Reset)
	if p.Warning {
		text.WriteString(c.Warning + "warning: " + c.Reset)
	}
	text.WriteString(p.Msg)
	if p.Hint != "" {
		text.WriteString("; " + p.Hint)
	}
	return text.String()
}

// snippet returns the part of a line around a column, and the blanks that bring
// a caret below it. Tabs stay tabs in both, so that they stay aligned.
func snippet(line string, col int) (text, blanks string) {
	runes := []rune(line)
	at := max(0, min(col-1, len(runes)))
	from := 0
	if len(runes) > snippetWidth {
		from = max(0, min(at-snippetWidth/2, len(runes)-snippetWidth))
	}
	to := min(len(runes), from+snippetWidth)
	var shown, before strings.Builder
	if from > 0 {
		shown.WriteString("…")
		before.WriteString(" ")
	}
	for i, r := range runes[from:to] {
		shown.WriteRune(printable(r))
		if from+i < at {
			before.WriteString(blank(r))
		}
	}
	if to < len(runes) {
		shown.WriteString("…")
	}
	return strings.TrimRight(shown.String(), " "), before.String()
}

// printable keeps what could steer a terminal out of the output.
func printable(r rune) rune {
	if r != '\t' && unicode.In(r, unicode.Cc, unicode.Cf) {
		return unicode.ReplacementChar
	}
	return r
}

// blank takes the room of r: none for a mark that combines with the one before.
func blank(r rune) string {
	switch {
	case r == '\t':
		return "\t"
	case unicode.In(r, unicode.Mn, unicode.Me):
		return ""
	}
	return " "
}

// Excerpt returns the line of the file that a problem is about, and the blanks that bring
// a caret below its place; "" where there is none.
func (p *Problems) Excerpt(problem Problem) (text, blanks string) {
	file := p.index(problem.File)
	if file < 0 || problem.Line < 1 {
		return "", ""
	}
	return snippet(p.sources[file].line(problem.Line), problem.Col)
}
