package cli

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/leat-io/leat/pipeline"
	"github.com/spf13/cobra"
)

// checkRun is leat check.
type checkRun struct {
	files          []string
	strict, static bool
	format         string

	catalog pipeline.Catalog
	t       terminal
}

// Formats of what check found.
const (
	formatText = "text"
	formatJSON = "json"
)

func checkCommand(catalog pipeline.Catalog, t terminal) *cobra.Command {
	check := &checkRun{catalog: catalog, t: t}
	c := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Report everything that is wrong with a pipeline.yaml",
		Long: `Reads FILE (pipeline.yaml if none is named), builds its flows without running them,
and reports every problem with its place. Plugins are started to look at their
settings, and ended again, but with --static. Exit code 1 when there is a problem;
warnings do not count, except with --strict.

With --format json it prints one object: ok, which is what the exit code says, and
problems, each with file, line, column (both from 1, or 0 for the file as a whole),
severity (error or warning), message, and hint, what to do about it.`,
		Example: "  leat check\n  leat check --strict -f pipeline.yaml -f production.yaml\n  leat check --format json | jq '.problems[].message'",
		Args:    atMostOneFile,

		ValidArgsFunction: yamlFile,
		RunE:              func(_ *cobra.Command, args []string) error { return check.run(args) },
	}
	filesFlag(c, &check.files)
	c.Flags().BoolVar(&check.strict, "strict", false, "count warnings as problems")
	c.Flags().StringVar(&check.format, "format", formatText, "`FORMAT` of what was found: text or json")
	completeFlag(c, "format", formatText, formatJSON)
	return c
}

func (c *checkRun) run(args []string) error {
	if c.format != formatText && c.format != formatJSON {
		return usageError(fmt.Sprintf("--format %s: want text or json", c.format))
	}
	first, overlays, err := filesOf(c.files, args)
	if err != nil {
		return err
	}
	report := pipeline.Check(first, pipeline.Options{Catalog: c.catalog, Overlays: overlays, TryOut: !c.static})
	ok := report.Err() == nil && (!c.strict || len(report.Problems()) == 0)
	switch {
	case c.format == formatJSON:
		err = printJSON(c.t.out, ok, report.Problems())
	default:
		printReport(c.t.out, report)
		if ok {
			fmt.Fprintf(c.t.out, "%s: ok\n", first)
		}
	}
	if err == nil && !ok {
		err = errProblem
	}
	return err
}

// finding is a problem as JSON.
type finding struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Severity string `json:"severity"`
	Message  string `json:"message"`
	Hint     string `json:"hint,omitempty"`
}

func printJSON(w io.Writer, ok bool, problems []pipeline.Problem) error {
	found := make([]finding, len(problems))
	for i, p := range problems {
		found[i] = finding{p.File, p.Line, p.Col, "error", p.Msg, p.Hint}
		if p.Warning {
			found[i].Severity = "warning"
		}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		OK       bool      `json:"ok"`
		Problems []finding `json:"problems"`
	}{ok, found})
}
