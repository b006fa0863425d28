package cli

import (
	"github.com/leat-io/leat/cli/schema"
	"github.com/leat-io/leat/internal/manual"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/setup"
	"github.com/spf13/cobra"
)

func schemaCommand(catalog pipeline.Catalog, setups []setup.Def, t terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of pipeline.yaml, for editors",
		Long: `Prints the JSON Schema (2020-12) of pipeline.yaml, with everything that this program
knows. Editors with yaml-language-server, such as VS Code with the YAML extension,
complete and check a file by it whose first line names it:

  # yaml-language-server: $schema=pipeline.schema.json

Whether names of sinks and flows are there, and whether settings fit each other, only
leat check can say.`,
		Example: "  leat schema > pipeline.schema.json",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			text, err := schema.Write(manual.Embedded(), catalog, setups...)
			if err != nil {
				return err
			}
			_, err = t.out.Write(text)
			return err
		},
	}
}
