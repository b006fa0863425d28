package cli

import (
	"fmt"

	"github.com/leat-io/leat/cli/schema"
	"github.com/leat-io/leat/internal/manual"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/setup"
	"github.com/spf13/cobra"
)

// Files that there is a schema of.
const (
	ofPipeline = "pipeline"
	ofPreset   = "preset"
)

func schemaCommand(catalog pipeline.Catalog, setups []setup.Def, t terminal) *cobra.Command {
	var of string
	c := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of pipeline.yaml, for editors",
		Long: `Prints the JSON Schema (2020-12) of pipeline.yaml, or with --of preset that of a file
that describes a preset of your own, with everything that this program knows. Editors
with yaml-language-server, such as VS Code with the YAML extension, complete and check
a file by the schema that its first line names:

  # yaml-language-server: $schema=pipeline.schema.json

Whether names of sinks and flows are there, and whether settings fit each other, only
leat check can say.`,
		Example: "  leat schema > pipeline.schema.json\n  leat schema --of preset > preset.schema.json",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			text, err := schemaOf(of, catalog, setups)
			if err != nil {
				return err
			}
			_, err = t.out.Write(text)
			return err
		},
	}
	c.Flags().StringVar(&of, "of", ofPipeline, "the `FILE` that it is of: pipeline or preset")
	completeFlag(c, "of", ofPipeline, ofPreset)
	return c
}

func schemaOf(file string, catalog pipeline.Catalog, setups []setup.Def) ([]byte, error) {
	switch file {
	case ofPipeline:
		return schema.Write(manual.Embedded(), catalog, setups...)
	case ofPreset:
		return schema.WritePreset(manual.Embedded(), catalog)
	}
	return nil, usageError(fmt.Sprintf("--of %s: want pipeline or preset", file))
}
