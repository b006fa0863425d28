package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/spf13/cobra"
)

// deadList is leat dead list.
type deadList struct {
	deadLetters
	format string
	counts letterCounts
}

func deadListCommand(catalog pipeline.Catalog, t terminal) *cobra.Command {
	d := &deadList{deadLetters: deadLetters{catalog: catalog, t: t}}
	c := &cobra.Command{
		Use:   "list",
		Short: "List dead letters, and count them by stage and error",
		Long: `Lists the dead letters that wait, the oldest first, each with its number, when
it was written (UTC), the flow and the stage or sink that failed, the event's
id and the error; then how many there are of each stage and error.

Exit code 1 when something among the letters is none: it is named with its
place, and the others are listed.`,
		Example: `  leat dead list
  leat dead list --flow parcels --stage decode --since 24h
  leat dead list --error timeout --format json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return d.run(cmd.Context()) },
	}
	d.flags(c)
	d.filter.flags(c, catalog)
	c.Flags().BoolVar(&d.filter.Filter.All, "all", false, "also those that were replayed")
	c.Flags().StringVar(&d.format, "format", "text", "a `FORMAT`: text, or json, a line for each letter")
	completeFlag(c, "format", formatText, formatJSON)
	return c
}

func (d *deadList) run(ctx context.Context) error {
	if d.format != "text" && d.format != "json" {
		return usageError(fmt.Sprintf("--format %s: want text or json", d.format))
	}
	if err := d.filter.prepare(time.Now()); err != nil {
		return err
	}
	p, err := d.load(nil)
	if err != nil {
		return err
	}
	box, err := d.box(p)
	if err != nil {
		return err
	}
	broken, err := d.read(ctx, box, d.show)
	if err != nil {
		return err
	}
	if d.format == "text" {
		if d.counts.total > 0 {
			fmt.Fprintln(d.t.out)
		}
		d.counts.print(d.t.out, "in sink "+d.sink, d.t.width())
	}
	d.complain(broken)
	if len(broken) > 0 {
		return errProblem
	}
	return nil
}

func (d *deadList) show(l *pipeline.Letter) {
	if d.format == "json" {
		line, _ := json.Marshal(jsonLetter(l))
		fmt.Fprintf(d.t.out, "%s\n", line)
		return
	}
	d.counts.add(l)
	printLetter(d.t.out, l, d.t.width())
}

// listedLetter is a letter in the output for programs; show has its payload.
type listedLetter struct {
	Number int                   `json:"number"`
	Place  string                `json:"place"`
	Status pipeline.LetterStatus `json:"status"`
	Time   time.Time             `json:"time"`
	Flow   string                `json:"flow"`
	Stage  string                `json:"stage,omitempty"`
	Sink   string                `json:"sink,omitempty"`
	ID     string                `json:"id"`
	Key    string                `json:"key,omitempty"`
	Type   string                `json:"type,omitempty"`
	Error  string                `json:"error"`
}

func jsonLetter(l *pipeline.Letter) listedLetter {
	return listedLetter{l.Number, l.Place, statusOf(l), l.Time, l.Flow, l.Stage, l.Sink, l.ID, l.Key, l.Type, l.Error}
}

// statusOf is a status that says something where it is read alone.
func statusOf(l *pipeline.Letter) pipeline.LetterStatus { return cmp.Or(l.Status, "waits") }

// printLetter writes a letter in two lines, the second of which is its error.
func printLetter(w io.Writer, l *pipeline.Letter, width int) {
	head := fmt.Sprintf("%5d  %s  %s  ", l.Number, l.Time.UTC().Format(time.DateTime), clip(l.Where(), 30))
	if l.Status != pipeline.LetterWaits {
		head += string(l.Status) + "  "
	}
	fmt.Fprintf(w, "%s%s\n", head, clip(l.ID, width-len([]rune(head))))
	fmt.Fprintf(w, "%5s  %s\n", "", clip(l.Error, width-7))
}

// letterCounts counts letters by where and why. Errors that differ in numbers only are
// one.
type letterCounts struct {
	total  int
	groups map[[2]string]*letterGroup
}

type letterGroup struct {
	where, example string
	n              int
}

var quotedOrNumber = regexp.MustCompile(`"[^"]*"|\d+`)

func (c *letterCounts) add(l *pipeline.Letter) {
	if c.groups == nil {
		c.groups = map[[2]string]*letterGroup{}
	}
	key := [2]string{l.Where(), quotedOrNumber.ReplaceAllString(l.Error, "#")}
	g := c.groups[key]
	if g == nil {
		g = &letterGroup{where: l.Where(), example: l.Error}
		c.groups[key] = g
	}
	g.n++
	c.total++
}

// print writes the counts, the largest first, with an error of each group.
func (c *letterCounts) print(w io.Writer, what string, width int) {
	if c.total == 0 {
		fmt.Fprintf(w, "no dead letters %s\n", what)
		return
	}
	groups := make([]*letterGroup, 0, len(c.groups))
	widest := 0
	for _, g := range c.groups {
		groups = append(groups, g)
		widest = max(widest, len([]rune(clip(g.where, 30))))
	}
	slices.SortFunc(groups, func(a, b *letterGroup) int {
		return cmp.Or(b.n-a.n, cmp.Compare(a.where, b.where), cmp.Compare(a.example, b.example))
	})
	fmt.Fprintf(w, "%s %s\n", plural(c.total, "dead letter", "dead letters"), what)
	for _, g := range groups {
		fmt.Fprintf(w, "%7s  %-*s  %s\n", grouped(int64(g.n)), widest, clip(g.where, 30), clip(g.example, width-11-widest))
	}
}
