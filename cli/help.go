package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/leat-io/leat/internal/manual"
	"github.com/spf13/cobra"
)

// Groups of commands, as help lists them. A command without one is listed last.
const (
	groupWrite = "Write a flow"
	groupLook  = "See what it does"
	groupRun   = "Run it"
)

// addUnder puts commands under a heading.
func addUnder(root *cobra.Command, group string, commands ...*cobra.Command) {
	if !root.ContainsGroup(group) {
		root.AddGroup(&cobra.Group{ID: group, Title: group})
	}
	for _, c := range commands {
		c.GroupID = group
		root.AddCommand(c)
	}
}

// helpCommand is leat help, which knows no more than --help does.
func helpCommand(root *cobra.Command, t terminal) *cobra.Command {
	return &cobra.Command{
		Use:    "help [COMMAND]",
		Short:  "Say more about a command",
		Hidden: true,
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) (names []string, _ cobra.ShellCompDirective) {
			if at, _, err := root.Find(args); err == nil {
				for _, c := range at.Commands() {
					names = append(names, c.Name()+"\t"+c.Short)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			at, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return usageError(fmt.Sprintf("there is no command %q", strings.Join(args, " ")))
			}
			printHelp(at, t)
			return nil
		},
	}
}

// printHelp is what --help prints: within the width of a terminal, with bold headings
// where it is one.
func printHelp(c *cobra.Command, t terminal) {
	h := &help{w: t.out, style: t.style()}
	text := c.Long
	if text == "" {
		text = c.Short + "."
	}
	h.printf("%s\n", reflowed(text, manual.Width))
	h.heading("Usage")
	if c.Runnable() && c.HasParent() {
		h.printf("  %s\n", c.UseLine())
	}
	if c.HasAvailableSubCommands() {
		h.printf("  %s COMMAND\n", c.CommandPath())
	}
	if c.Example != "" {
		h.heading("Examples")
		h.printf("%s\n", c.Example)
	}
	h.commands(c)
	if c.HasAvailableLocalFlags() {
		h.heading("Flags")
		h.printf("%s\n", strings.TrimRight(c.LocalFlags().FlagUsagesWrapped(manual.Width), "\n"))
	}
	if c.HasAvailableSubCommands() {
		h.printf("\n%s COMMAND --help says more about one.\n", c.CommandPath())
	}
}

type help struct {
	w     io.Writer
	style manual.Style
}

// printf writes to a terminal or a test; who reads help looks at it.
func (h *help) printf(format string, args ...any) { fmt.Fprintf(h.w, format, args...) }

func (h *help) heading(text string) { h.printf("\n%s%s:%s\n", h.style.Bold, text, h.style.Reset) }

// commands lists the commands below one, by their groups.
func (h *help) commands(c *cobra.Command) {
	groups := []string{}
	for _, g := range c.Groups() {
		groups = append(groups, g.ID)
	}
	for _, group := range append(groups, "") {
		title := group
		if title == "" {
			title = "Commands"
			if len(groups) > 0 {
				title = "More"
			}
		}
		h.group(c, group, title)
	}
}

func (h *help) group(c *cobra.Command, group, title string) {
	for _, sub := range c.Commands() {
		if sub.GroupID != group || !sub.IsAvailableCommand() {
			continue
		}
		if title != "" {
			h.heading(title)
			title = ""
		}
		h.printf("  %-11s %s\n", sub.Name(), fitting(sub.Short, manual.Width-14))
	}
}

// reflowed breaks the paragraphs of a text into lines of a width. Indented lines stay.
func reflowed(text string, width int) string {
	var out []string
	line := ""
	flush := func() {
		if line != "" {
			out = append(out, line)
		}
		line = ""
	}
	for l := range strings.Lines(text) {
		l = strings.TrimRight(l, "\n")
		if l == "" || strings.HasPrefix(l, " ") {
			flush()
			out = append(out, l)
			continue
		}
		for word := range strings.FieldsSeq(l) {
			if line != "" && utf8.RuneCountInString(line+" "+word) > width {
				flush()
			}
			line = strings.TrimSpace(line + " " + word)
		}
	}
	flush()
	return strings.Join(out, "\n")
}
