package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// usageError is wrong usage that shows only when the command has begun.
type usageError string

func (e usageError) Error() string { return string(e) }

// filesFlag gives a command the flag -f.
func filesFlag(c *cobra.Command, files *[]string) {
	c.Flags().StringArrayVarP(files, "file", "f", nil, "a `FILE`; more of them add to the first and replace parts of it")
	completeFiles(c)
}

func atMostOneFile(_ *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("want one FILE, got %d: to put files together, name each with -f", len(args))
	}
	return nil
}

func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes no arguments, got %q", cmd.CommandPath(), args[0])
	}
	return nil
}

// knownCommand gets what is left when no command has the name of the first
// argument.
func knownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if near := root.SuggestionsFor(args[0]); len(near) > 0 {
		return fmt.Errorf("unknown command %q; did you mean %q?", args[0], near[0])
	}
	return fmt.Errorf("unknown command %q", args[0])
}
