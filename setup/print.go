package setup

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Print writes the steps, one in a line.
func (p *Plan) Print(w io.Writer) {
	for _, s := range p.Steps {
		fmt.Fprintln(w, s.line())
	}
}

func (s Step) line() string {
	line := fmt.Sprintf("  %-7s  %s", s.Action, s.What)
	if s.Detail != "" {
		line += ": " + s.Detail
	}
	return printable(line)
}

// PrintByHand writes what a person has to do.
func (p *Plan) PrintByHand(w io.Writer) {
	for _, s := range p.Steps {
		if s.Text == nil {
			continue
		}
		fmt.Fprintf(w, "\nBy hand: %s\n\n", printable(s.What))
		for line := range strings.Lines(strings.TrimSpace(s.Text())) {
			fmt.Fprintln(w, strings.TrimRight("    "+printable(strings.TrimSuffix(line, "\n")), " "))
		}
	}
}

// printable keeps what a vendor says from steering a terminal.
func printable(line string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, line)
}
