package cli

import (
	"slices"

	"github.com/leat-io/leat/pipeline"
	"github.com/spf13/cobra"
)

// What a shell offers for arguments and flags.

// completer says what an argument may be.
type completer = func(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective)

// yamlFile completes the one file of a command.
func yamlFile(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
}

// anyFile completes files of whatever name, and anyFolder folders.
func anyFile(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

func anyFolder(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// completePath completes the value of a flag with files.
func completePath(c *cobra.Command, flag string) {
	if err := c.RegisterFlagCompletionFunc(flag, anyFile); err != nil {
		panic(err)
	}
}

// flowName completes the name of a flow, of the files that -f names or the standard one.
func flowName(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return pipeline.FlowNames(namedFiles(c)...), cobra.ShellCompDirectiveNoFileComp
}

func namedFiles(c *cobra.Command) []string {
	files, err := c.Flags().GetStringArray("file")
	if err != nil || len(files) == 0 {
		return []string{standardFile}
	}
	return files
}

// oneOfThen completes one of some names, and then what next says.
func oneOfThen(names []string, next completer) completer {
	return func(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 0 {
			return slices.Clone(names), cobra.ShellCompDirectiveNoFileComp
		}
		return next(c, args[1:], typed)
	}
}

// completeFlag completes the values of a flag, which is there.
func completeFlag(c *cobra.Command, flag string, names ...string) {
	if err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err)
	}
}

// completeFiles completes -f.
func completeFiles(c *cobra.Command) {
	if err := c.MarkFlagFilename("file", "yaml", "yml"); err != nil {
		panic(err)
	}
}

// describeCompletion has the command that writes completions, which cobra makes, read as
// the others do.
func describeCompletion(root *cobra.Command) {
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() != "completion" {
			continue
		}
		c.Short = "Print a script with which a shell completes commands"
		c.Long = "Prints a script with which a shell completes commands, flags, stages, providers and flows."
		c.Example = "  source <(leat completion bash)\n  leat completion zsh > \"${fpath[1]}/_leat\"\n  leat completion fish | source"
	}
}
