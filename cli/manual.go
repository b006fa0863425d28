package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/manual"
	"github.com/leat-io/leat/pipeline"
	"github.com/spf13/cobra"
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

func stagesCommand(catalog pipeline.Catalog, t terminal) *cobra.Command {
	c := &cobra.Command{
		Use:   "stages [NAME]",
		Short: "Print the manual of the stages, or of one",
		Long: `Lists the stages that a flow can have, or prints the manual page of the one that is
named: what it does to events, its settings with their defaults, and examples.`,
		Example: "  leat stages\n  leat stages reorder",
		RunE: func(_ *cobra.Command, args []string) error {
			s := stageShelf(catalog)
			s.beside = providerShelf(catalog)
			return s.print(args, t)
		},
	}
	return withNames(c, func() *shelf { return stageShelf(catalog) })
}

func providersCommand(catalog pipeline.Catalog, t terminal) *cobra.Command {
	c := &cobra.Command{
		Use:   "providers [NAME]",
		Short: "Print the manual of sources, sinks, presets and state stores",
		Long: `Lists where events can come from and go to, the presets of vendors' feeds, and the
state stores; or prints the manual pages of the one that is named.`,
		Example: "  leat providers\n  leat providers sqs",
		RunE: func(_ *cobra.Command, args []string) error {
			s := providerShelf(catalog)
			s.beside = stageShelf(catalog)
			return s.print(args, t)
		},
	}
	return withNames(c, func() *shelf { return providerShelf(catalog) })
}

// withNames has a command take one of the names of a shelf.
func withNames(c *cobra.Command, open func() *shelf) *cobra.Command {
	c.Args = func(_ *cobra.Command, args []string) error {
		if len(args) > 1 {
			return fmt.Errorf("want one NAME, got %d", len(args))
		}
		return nil
	}
	c.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return open().described(), cobra.ShellCompDirectiveNoFileComp
	}
	return c
}

func stageShelf(catalog pipeline.Catalog) *shelf {
	stages := kind{title: "Stages"}
	for _, d := range catalog.Stages {
		stages.pages = append(stages.pages, manual.Embedded().Page("stage", d.Name, d.Defaults))
	}
	return &shelf{name: "stage", command: "leat stages", kinds: []kind{stages}}
}

func providerShelf(catalog pipeline.Catalog) *shelf {
	sources, sinks := kind{title: "Sources"}, kind{title: "Sinks"}
	presets, states := kind{title: "Presets"}, kind{title: "State stores"}
	texts := manual.Embedded()
	for _, d := range catalog.Sources {
		sources.pages = append(sources.pages, texts.Page("source", d.Name, d.Defaults))
	}
	for _, d := range catalog.Sinks {
		sinks.pages = append(sinks.pages, texts.Page("sink", d.Name, d.Defaults))
	}
	for _, d := range catalog.States {
		states.pages = append(states.pages, texts.Page("state store", d.Name, d.Defaults))
	}
	for _, d := range catalog.Presets {
		if page, err := presetPage(d); err == nil { // one that cannot be read is told of where it is used
			presets.pages = append(presets.pages, page)
		}
	}
	return &shelf{name: "source, sink, preset or state store", command: "leat providers", kinds: []kind{sources, sinks, presets, states}}
}

func presetPage(d pipeline.PresetDef) (manual.Page, error) {
	preset, err := manual.ReadPreset(d.Name, d.Files)
	if err != nil {
		return manual.Page{}, err
	}
	return preset.Page()
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
