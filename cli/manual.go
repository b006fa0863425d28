package cli

import (
	"fmt"

	"github.com/leat-io/leat/internal/manual"
	"github.com/leat-io/leat/pipeline"
	"github.com/spf13/cobra"
)

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
