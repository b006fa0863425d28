package manual

import (
	"fmt"
	"go/doc/comment"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Width is how many columns a printed page takes, unless a line of an example needs more.
const Width = 80

// Style is how a page is set on a terminal. The zero value is plain text.
type Style struct{ Bold, Dim, Reset string }

// Colourful is the style for terminals.
var Colourful = Style{Bold: "\x1b[1m", Dim: "\x1b[2m", Reset: "\x1b[0m"}

// printer prints pages. The first error of w ends it.
type printer struct {
	w     io.Writer
	style Style
	err   error
}

// Print writes pages, those of one package under one text.
func Print(w io.Writer, style Style, pages ...Page) error {
	p := &printer{w: w, style: style}
	about := ""
	for i, page := range pages {
		if i > 0 {
			p.printf("\n")
		}
		p.heading("%s (%s)", page.Name, page.Kind)
		if page.About != about {
			about = page.About
			p.text(about, 0)
		}
		p.text(page.Behaviour, 0)
		p.settings(page)
		p.yaml(page)
	}
	for i, page := range pages {
		if i == 0 || page.About != pages[i-1].About {
			p.examples(page.Examples)
		}
	}
	return p.err
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

func (p *printer) heading(format string, args ...any) {
	p.printf("%s%s%s\n", p.style.Bold, fmt.Sprintf(format, args...), p.style.Reset)
}

// text prints a doc comment, wrapped, behind a blank line.
func (p *printer) text(doc string, indent int) {
	if doc == "" {
		return
	}
	p.printf("\n%s", wrapped(doc, strings.Repeat(" ", indent)))
}

// wrapped sets a doc comment within the width.
func wrapped(doc, indent string) string {
	parser := comment.Parser{LookupPackage: func(name string) (string, bool) { return name, packageName.MatchString(name) }}
	printer := comment.Printer{TextPrefix: indent, TextCodePrefix: indent + "    ", TextWidth: Width - len(indent)}
	return string(printer.Text(parser.Parse(doc)))
}

// packageName tells a link in a comment from an address such as [::]:8080.
var packageName = regexp.MustCompile(`^[a-z]+$`)

func (p *printer) settings(page Page) {
	if len(page.Settings) == 0 {
		p.printf("\nIt has no settings.\n")
		return
	}
	p.printf("\n")
	p.heading("Settings")
	for _, s := range page.Settings {
		p.setting(s, "  ")
	}
	if page.Kind == PresetKind {
		p.text(besidePreset, 2)
	}
}

const besidePreset = "Beside these may stand every setting of its source, spool, override, which changes " +
	"settings of its stages, and source, from where events come instead."

func (p *printer) setting(s Setting, indent string) {
	p.printf("\n%s%s%s%s", indent, p.style.Bold, s.Name, p.style.Reset)
	p.remarks(s, utf8.RuneCountInString(indent+s.Name))
	p.printf("%s", wrapped(s.About, indent+"    "))
	for _, inner := range s.Inner {
		p.setting(inner, indent+"    ")
	}
}

// remarks says behind the name of a setting what it takes, and what it is otherwise.
func (p *printer) remarks(s Setting, used int) {
	var list []string
	if s.Type != "" {
		list = append(list, s.Type)
	}
	switch {
	case s.Required:
		list = append(list, "required")
	case s.Default != "":
		list = append(list, "default "+s.Default)
	}
	text := strings.Join(list, "; ")
	if text == "" {
		p.printf("\n")
		return
	}
	gap := max(2, 24-used)
	p.printf("%s%s%s%s\n", strings.Repeat(" ", gap), p.style.Dim, text, p.style.Reset)
}

// yaml prints what a preset stands for.
func (p *printer) yaml(page Page) {
	if page.Source == "" && page.Stages == "" {
		return
	}
	p.printf("\n")
	p.heading("Stands for")
	p.block(page.Source + page.Stages)
}

func (p *printer) block(text string) {
	p.printf("\n")
	for line := range strings.Lines(strings.TrimRight(text, "\n")) {
		p.printf("    %s\n", strings.TrimRight(line, "\n"))
	}
}

func (p *printer) examples(list []Example) {
	if len(list) == 0 {
		return
	}
	p.printf("\n")
	p.heading("Examples")
	for _, e := range list {
		p.text(e.About, 2)
		for _, f := range e.Files {
			p.printf("\n  %s%s%s\n", p.style.Dim, f.Name, p.style.Reset)
			p.block(f.Text)
		}
	}
}

// Summary is the first sentence of what a page says, for a list.
func (p Page) Summary() string {
	text := strings.Join(strings.Fields(p.About), " ")
	first, _, more := strings.Cut(text, ". ")
	if more {
		return first + "."
	}
	return first
}
