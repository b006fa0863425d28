package cli

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/leat-io/leat/internal/diagram"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/drawing"
	"github.com/spf13/cobra"
)

// graphRun is leat graph.
type graphRun struct {
	files       []string
	format, out string

	catalog pipeline.Catalog
	t       terminal
}

// drawers write a drawing, by the names of formats.
var drawers = map[string]func(w io.Writer, g *diagram.Graph, title string) error{
	"mermaid": diagram.Mermaid, "svg": diagram.SVG,
}

func graphCommand(catalog pipeline.Catalog, t terminal) *cobra.Command {
	g := &graphRun{catalog: catalog, t: t}
	c := &cobra.Command{
		Use:   "graph [FILE]",
		Short: "Draw the flows of a pipeline.yaml",
		Long: `Draws the flows of FILE (pipeline.yaml if none is named): sources, stages, branches
with their conditions, sinks and dead letters. The format mermaid is text that GitHub
and others show as a drawing; svg is an image that stands for itself, light or dark as
its reader has it.`,
		Example: "  leat graph -o flows.svg\n  leat graph --format mermaid pipeline.yaml",
		Args:    atMostOneFile,

		ValidArgsFunction: yamlFile,
		RunE:              func(_ *cobra.Command, args []string) error { return g.run(args) },
	}
	filesFlag(c, &g.files)
	c.Flags().StringVar(&g.format, "format", "", "mermaid or svg, a `FORMAT`; else what -o ends in, or mermaid")
	c.Flags().StringVarP(&g.out, "output", "o", "", "the `FILE` to write instead of standard output")
	completePath(c, "output")
	completeFlag(c, "format", "mermaid", "svg")
	return c
}

func (g *graphRun) run(args []string) error {
	draw, ok := drawers[g.formatName()]
	switch {
	case !ok && g.format != "":
		return usageError(fmt.Sprintf("--format %s: want mermaid or svg", g.format))
	case !ok:
		return usageError(fmt.Sprintf("-o %s: leat draws no such picture: want a name that ends in .svg, or say --format", g.out))
	}
	first, overlays, err := filesOf(g.files, args)
	if err != nil {
		return err
	}
	p, report := pipeline.LoadWithReport(first, pipeline.Options{Catalog: g.catalog, Overlays: overlays})
	if report.Err() != nil {
		printReport(g.t.err, report)
		return errProblem
	}
	var out bytes.Buffer
	if err := draw(&out, &drawing.Of(p.Outline()).Graph, first); err != nil {
		return err
	}
	if g.out == "" || g.out == "-" {
		_, err = g.t.out.Write(out.Bytes())
		return err
	}
	return writeFile(g.out, out.Bytes())
}

// pictures are endings of files that others make of a drawing.
var pictures = []string{"png", "jpg", "jpeg", "pdf", "gif", "webp"}

func (g *graphRun) formatName() string {
	switch ending := strings.TrimPrefix(filepath.Ext(g.out), "."); {
	case g.format != "":
		return g.format
	case ending == "svg" || slices.Contains(pictures, ending):
		return ending
	}
	return "mermaid"
}
