package cli

import "github.com/spf13/cobra"

func snsCommand(t terminal) *cobra.Command {
	c := &cobra.Command{
		Use:     "sns",
		Short:   "Look at messages of Amazon SNS",
		Example: "  leat sns verify message.json",
		Args:    knownCommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		SuggestionsMinimumDistance: 2,
	}
	c.AddCommand(snsVerifyCommand(t))
	return c
}
