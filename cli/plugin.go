package cli

import "github.com/spf13/cobra"

func pluginCommand(t terminal) *cobra.Command {
	c := &cobra.Command{
		Use:     "plugin",
		Short:   "Make and check programs that handle events for a flow",
		Example: "  leat plugin new --lang python eta\n  leat plugin check plugins/eta/main.py",
		Args:    knownCommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		SuggestionsMinimumDistance: 2,
	}
	c.AddCommand(pluginNewCommand(t), pluginCheckCommand(t))
	return c
}
