package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/leat-io/leat/internal/manual"
)

// writePage prints the section of one page. The examples of a folder stand behind the
// first of its pages: they may show a source and a sink together.
func writePage(w io.Writer, p manual.Page, title string, about, examples bool) {
	fmt.Fprintf(w, "\n## %s\n", title)
	if about {
		fmt.Fprintf(w, "\n%s\n", p.About)
	}
	if p.Behaviour != "" {
		fmt.Fprintf(w, "\n%s\n", p.Behaviour)
	}
	if len(p.Settings) > 0 {
		fmt.Fprintln(w)
		writeSettings(w, p.Settings, "")
	}
	for _, text := range []string{p.Source, p.Stages} {
		if text != "" {
			fmt.Fprintf(w, "\n```yaml\n%s```\n", text)
		}
	}
	if examples {
		writeExamples(w, p.Examples)
	}
}

// writeSettings prints a line per setting, those of a nested struct below it.
func writeSettings(w io.Writer, settings []manual.Setting, indent string) {
	for _, s := range settings {
		fmt.Fprintf(w, "%s- `%s`%s: %s\n", indent, s.Name, remarks(s), s.About)
		writeSettings(w, s.Inner, indent+"  ")
	}
}

// remarks says what a setting takes, whether it is required, and what it is otherwise.
func remarks(s manual.Setting) string {
	var list []string
	if s.Type != "" {
		list = append(list, s.Type)
	}
	switch {
	case s.Required:
		list = append(list, "required")
	case s.Default != "":
		list = append(list, "`"+s.Default+"`")
	}
	if len(list) == 0 {
		return ""
	}
	return " (" + strings.Join(list, ", ") + ")"
}

func writeExamples(w io.Writer, examples []manual.Example) {
	for _, e := range examples {
		fmt.Fprintf(w, "\n%s\n", e.About)
		for _, f := range e.Files {
			fmt.Fprintf(w, "\n%s:\n\n```%s\n%s\n```\n", f.Name, language(f.Name), f.Text)
		}
	}
}

func language(section string) string {
	if strings.HasSuffix(section, "yaml") || section == "stages" {
		return "yaml"
	}
	return ""
}
