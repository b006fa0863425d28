package cli

import (
	"slices"

	"github.com/leat-io/leat/pipeline"
	"github.com/spf13/cobra"
)

// completeFlow and completeSink complete the value of a flag with names of the files.
func completeFlow(c *cobra.Command, flag string) { completeWith(c, flag, pipeline.FlowNames) }

func completeSink(c *cobra.Command, flag string) { completeWith(c, flag, pipeline.SinkNames) }

// completeSource completes the value of a flag with names of sources, completeStep with those
// of stages and sinks.
func completeSource(c *cobra.Command, flag string, catalog pipeline.Catalog) {
	completeWith(c, flag, func(files ...string) (names []string) {
		for _, f := range outlineOf(catalog, files).Flows {
			for _, s := range f.Sources {
				names = append(names, s.Name)
			}
		}
		return names
	})
}

func completeStep(c *cobra.Command, flag string, catalog pipeline.Catalog) {
	completeWith(c, flag, func(files ...string) (names []string) {
		for _, f := range outlineOf(catalog, files).Flows {
			for _, s := range f.Sources {
				names = append(names, stepNames(s.Stages)...)
			}
			names = append(names, stepNames(f.Stages)...)
		}
		return append(names, pipeline.SinkNames(files...)...)
	})
}

func stepNames(stages []pipeline.StageOutline) (names []string) {
	for _, s := range stages {
		names = append(names, s.Name)
	}
	return names
}

// outlineOf is what files say, whatever their variables are; nothing where they cannot be used.
func outlineOf(catalog pipeline.Catalog, files []string) pipeline.Outline {
	o := pipeline.Options{Catalog: catalog, Overlays: files[1:], Offline: true}
	o.Getenv = func(string) (string, bool) { return "https://variable.example", true }
	p, report := pipeline.LoadWithReport(files[0], o)
	if report.Err() != nil {
		return pipeline.Outline{}
	}
	return p.Outline()
}

// completeWith completes the value of a flag with names of the files.
func completeWith(c *cobra.Command, flag string, names func(files ...string) []string) {
	if err := c.RegisterFlagCompletionFunc(flag, func(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		found := names(namedFiles(c)...)
		slices.Sort(found)
		return slices.Compact(found), cobra.ShellCompDirectiveNoFileComp
	}); err != nil {
		panic(err)
	}
}
