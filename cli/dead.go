package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/leat-io/leat/deadletters"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/tracing"
	"github.com/spf13/cobra"
)

// deadLetters is what the commands of leat dead have in common: which letters of which
// sink they are about.
type deadLetters struct {
	catalog pipeline.Catalog
	t       terminal
	files   []string
	sink    string
	filter  letterFilter
}

func deadCommand(catalog pipeline.Catalog, t terminal) *cobra.Command {
	c := &cobra.Command{
		Use:   "dead",
		Short: "List, show and replay dead letters",
		Long: `Reads the dead letters of a pipeline.yaml back from the sink that on_error
names: events that could not be handled, each with its payload and the reason.
When the reason is mended, replay puts them back into the stage that failed.`,
		Example: `  leat dead list --stage decode --since 24h
  leat dead show 3
  leat dead replay --dry-run
  leat dead replay --error "no such station"`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("there is no command %q below leat dead: want list, show or replay", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(deadListCommand(catalog, t), deadShowCommand(catalog, t), deadReplayCommand(catalog, t))
	return c
}

// flags adds what all commands take.
func (d *deadLetters) flags(c *cobra.Command) {
	filesFlag(c, &d.files)
	c.Flags().StringVar(&d.sink, "sink", "", "the `SINK` with the dead letters, if several")
	completeSink(c, "sink")
}

// load reads the file, and prints what is wrong with it.
func (d *deadLetters) load(replay *pipeline.Replay) (*pipeline.Pipeline, error) {
	return d.loadTraced(replay, nil)
}

// loadTraced is load for flows that will run, with spans of their events.
func (d *deadLetters) loadTraced(replay *pipeline.Replay, x *tracing.Exporting) (*pipeline.Pipeline, error) {
	first, overlays, err := filesOf(d.files, nil)
	if err != nil {
		return nil, err
	}
	o := pipeline.Options{Catalog: d.catalog, Overlays: overlays, Log: newLog(d.t.err), Replay: replay}
	if x != nil {
		o.Tracer = x.Tracer
	}
	p, report := pipeline.LoadWithReport(first, o)
	if p == nil { // warnings are for those who run the flows
		report.Print(d.t.err)
		return nil, errProblem
	}
	return p, nil
}

// box returns the letters of the sink that is meant.
func (d *deadLetters) box(p *pipeline.Pipeline) (pipeline.LetterBox, error) {
	if d.sink == "" {
		names := p.DeadLetterSinks()
		switch len(names) {
		case 0:
			return nil, errors.New("the flows have no sink for dead letters: give one to a flow with on_error: {dead_letter: SINK}, or name a sink that has some with --sink")
		case 1:
			d.sink = names[0]
		default:
			return nil, usageError("there are several sinks with dead letters: name one with --sink: " + strings.Join(names, ", "))
		}
	}
	return p.LetterBox(d.sink)
}

// read calls f for each letter that is asked for, and returns what is no letter.
func (d *deadLetters) read(ctx context.Context, box pipeline.LetterBox, f func(*pipeline.Letter)) (broken []deadletters.Broken, err error) {
	return d.filter.Read(ctx, box, f)
}

// complain prints what is no letter; the commands then end with exit code 1.
func (d *deadLetters) complain(broken []deadletters.Broken) {
	const most = 10
	for i, b := range broken {
		if i == most {
			fmt.Fprintf(d.t.err, "leat: … and %d more\n", len(broken)-most)
			return
		}
		fmt.Fprintf(d.t.err, "leat: %s\n", onOneLine(b.String()))
	}
}

// width is how many columns there are to print in.
func (t terminal) width() int { return 80 }

// onOneLine writes what could command a terminal as an escape.
func onOneLine(s string) string {
	return escapeControls(s, false)
}

func escapeControls(s string, lines bool) string {
	var out strings.Builder
	for _, r := range s {
		switch {
		case lines && (r == '\n' || r == '\t'):
			out.WriteRune(r)
		case r == '\n':
			out.WriteString(" ")
		case r < ' ' || r >= 0x7f && r < 0xa0 || isDirection(r):
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// isDirection reports whether a character changes the order of those around it.
func isDirection(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x2028 || r == 0x2029
}

// clip cuts a text to n columns.
func clip(s string, n int) string {
	runes := []rune(onOneLine(s))
	if len(runes) <= n {
		return string(runes)
	}
	return string(runes[:max(n-1, 0)]) + "…"
}
