package cli

import (
	"fmt"

	"github.com/leat-io/leat/pipeline"
	"github.com/spf13/cobra"
)

func checkCommand(catalog pipeline.Catalog, t terminal) *cobra.Command {
	var files []string
	var strict, static bool
	c := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Report everything that is wrong with a pipeline.yaml",
		Long:  "Reads FILE (pipeline.yaml if none is named), builds its flows without running them, and reports every problem with its place. Plugins are started to look at their settings, and ended again, but with --static. Exit code 1 when there is one; warnings do not count, except with --strict.",
		Args:  atMostOneFile,
		RunE: func(_ *cobra.Command, args []string) error {
			first, overlays, err := filesOf(files, args)
			if err != nil {
				return err
			}
			report := pipeline.Check(first, pipeline.Options{Catalog: catalog, Overlays: overlays, TryOut: !static})
			report.Print(t.out)
			if report.Err() != nil || strict && len(report.Problems()) > 0 {
				return errProblem
			}
			fmt.Fprintf(t.out, "%s: ok\n", first)
			return nil
		},
	}
	c.Flags().StringArrayVarP(&files, "file", "f", nil, "a file; more of them add to the first and replace parts of it")
	c.Flags().BoolVar(&static, "static", false, "look at files only: start no plugin")
	c.Flags().BoolVar(&strict, "strict", false, "count warnings as problems")
	return c
}
