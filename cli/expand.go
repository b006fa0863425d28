package cli

import (
	"github.com/leat-io/leat/pipeline"
	"github.com/spf13/cobra"
)

func expandCommand(catalog pipeline.Catalog, t terminal) *cobra.Command {
	var files []string
	var bare bool
	c := &cobra.Command{
		Use:   "expand [FILE]",
		Short: "Show what the presets of a pipeline.yaml stand for",
		Long: `Prints FILE (pipeline.yaml if none is named), with those that -f adds, as one file
in which every preset is replaced by its source and stages. It does the same when it
is run. Values from the environment are written as ${NAME}, as they were. A comment
behind each value says from which file and line it is, or that it is a default, which
the file leaves out; what has none is leat's own. With --bare there are neither
comments nor defaults.`,
		Example:           "  leat expand\n  leat expand -f pipeline.yaml -f local.yaml",
		Args:              atMostOneFile,
		ValidArgsFunction: yamlFile,
		RunE: func(_ *cobra.Command, args []string) error {
			first, overlays, err := filesOf(files, args)
			if err != nil {
				return err
			}
			text, report := pipeline.Expand(first, pipeline.Options{Catalog: catalog, Overlays: overlays}, !bare)
			printReport(t.err, report)
			if report.Err() != nil {
				return errProblem
			}
			_, err = t.out.Write(text)
			return err
		},
	}
	filesFlag(c, &files)
	c.Flags().BoolVar(&bare, "bare", false, "without defaults, and the comments that say where values are from")
	return c
}
