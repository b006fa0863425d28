package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/manual"
)

// shelf is a part of the manual: the pages of one command, by their kinds.
type shelf struct {
	name    string // of one of its pages
	kinds   []kind
	beside  *shelf // where a name may be instead
	command string
}

type kind struct {
	title string
	pages []manual.Page
}

func (s *shelf) print(args []string, t terminal) error {
	if len(args) == 0 {
		s.list(t.out)
		return nil
	}
	found := s.find(args[0])
	if len(found) == 0 {
		return s.unknown(args[0])
	}
	return manual.Print(t.out, t.style(), found...)
}

func (s *shelf) find(name string) (found []manual.Page) {
	for _, k := range s.kinds {
		for _, p := range k.pages {
			if p.Name == name {
				found = append(found, p)
			}
		}
	}
	return found
}

// unknown says that there is no page of a name, and where to look.
func (s *shelf) unknown(name string) error {
	if s.beside != nil && len(s.beside.find(name)) > 0 {
		return usageError(fmt.Sprintf("%s is no %s: see %s %s", name, s.name, s.beside.command, name))
	}
	if near := conf.Nearest(name, s.names()); near != "" {
		return usageError(fmt.Sprintf("there is no %s %q; did you mean %q?", s.name, name, near))
	}
	return usageError(fmt.Sprintf("there is no %s %q: there are %s", s.name, name, strings.Join(s.names(), ", ")))
}

func (s *shelf) names() (names []string) {
	for _, k := range s.kinds {
		for _, p := range k.pages {
			if !contains(names, p.Name) {
				names = append(names, p.Name)
			}
		}
	}
	return names
}

// described are the names with what they are, for a shell.
func (s *shelf) described() (list []string) {
	for _, name := range s.names() {
		list = append(list, name+"\t"+s.find(name)[0].Summary())
	}
	return list
}

// list prints a line for each page.
func (s *shelf) list(w io.Writer) {
	for i, k := range s.kinds {
		if len(k.pages) == 0 {
			continue
		}
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s:\n", k.title)
		for _, p := range k.pages {
			fmt.Fprintf(w, "  %-13s %s\n", p.Name, fitting(p.Summary(), manual.Width-16))
		}
	}
	fmt.Fprintf(w, "\n%s NAME says more.\n", s.command)
}

// fitting cuts a text at a word so that it fits.
func fitting(text string, width int) string {
	runes := []rune(text)
	if len(runes) <= width {
		return text
	}
	cut := string(runes[:width-1])
	if i := strings.LastIndexByte(cut, ' '); i > 0 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, ",;:") + "…"
}
