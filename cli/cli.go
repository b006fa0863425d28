// Package cli is the leat command. A program that has stages, sources or sinks
// of its own gets the same command with them by calling [Main] with its catalog.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	_ "time/tzdata" // event times name zones, and small images have no zone files

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/redisapi"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers"
	"github.com/leat-io/leat/setup"
	"github.com/leat-io/leat/stages"
	"github.com/leat-io/leat/state"
	"github.com/spf13/cobra"
)

// Exit codes of the command.
const (
	exitOK      = 0
	exitProblem = 1 // in a file or in the input
	exitUsage   = 2
)

// StandardCatalog returns everything that leat brings along.
func StandardCatalog() pipeline.Catalog {
	return pipeline.Catalog{Stages: stages.All(), Sources: providers.Sources(), Sinks: providers.Sinks(), States: state.All(), Presets: providers.Presets()}
}

// Main runs the command with the arguments of the process and returns its exit
// code: 0 when all went well, 1 for problems in the input or in a file, 2 for
// wrong usage. setups are what `leat setup` knows; without any there is no such
// command.
func Main(catalog pipeline.Catalog, setups ...setup.Def) int {
	redisapi.Quiet() // every error that it would write of is in ours
	tuneGC()
	limitMemory()
	return run(context.Background(), catalog, setups, os.Args[1:], terminal{os.Stdout, os.Stderr})
}

// terminal is where the command writes to.
type terminal struct{ out, err io.Writer }

// errProblem ends the command with exit code 1 after everything was said.
var errProblem = errors.New("")

func run(ctx context.Context, catalog pipeline.Catalog, setups []setup.Def, args []string, t terminal) int {
	root := &cobra.Command{
		Use:   "leat",
		Short: "Leads event feeds into your services: deduplicated, in order, enriched, routed",
		Example: "  leat init          write a first pipeline.yaml\n" +
			"  leat check         say what is wrong with it\n" +
			"  leat run           run it",
		Args: knownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		// What goes wrong is said here, once.
		SilenceErrors: true, SilenceUsage: true, SuggestionsMinimumDistance: 2,
	}
	root.SetArgs(args)
	root.SetOut(t.out)
	root.SetErr(t.err)
	addUnder(root, groupWrite, initCommand(catalog, t), checkCommand(catalog, t), testCommand(catalog, t), proveCommand(catalog, t), stagesCommand(catalog, t), providersCommand(catalog, t), schemaCommand(catalog, setups, t), pluginCommand(t))
	addUnder(root, groupLook, graphCommand(catalog, t), expandCommand(catalog, t), inspectCommand(catalog, t), devCommand(catalog, t))
	addUnder(root, groupRun, runCommand(catalog, t), statusCommand(catalog, t), reloadCommand(catalog, t), deadCommand(catalog, t))
	if len(setups) > 0 {
		addUnder(root, groupRun, setupCommand(catalog, setups, t))
	}
	root.AddCommand(snsCommand(t), versionCommand(t))
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return flagError(err) })
	root.SetHelpCommand(helpCommand(root, t))
	root.SetHelpFunc(func(c *cobra.Command, _ []string) { printHelp(c, t) })
	describeCompletion(root)
	usage := true
	onRun(root.Commands(), func() { usage = false })
	command, err := root.ExecuteContextC(ctx)
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, new(usageError)) || usage:
		fmt.Fprintf(t.err, "leat: %v\nSee %s --help.\n", err, command.CommandPath())
		return exitUsage
	case conf.IsProblems(err): // they have a place, and say more than a line
		fmt.Fprintln(t.err, err)
	case !errors.Is(err, errProblem):
		fmt.Fprintf(t.err, "leat: %v\n", err)
	}
	return exitProblem
}

// onRun has f called when one of the commands, or of theirs, has begun: what goes
// wrong before that is wrong usage.
func onRun(commands []*cobra.Command, f func()) {
	for _, c := range commands {
		onRun(c.Commands(), f)
		begin := c.RunE
		if begin == nil { // it only has others below it
			continue
		}
		c.RunE = func(cmd *cobra.Command, args []string) error {
			f()
			return begin(cmd, args)
		}
	}
}

// standardFile is what a command reads when it is given no file.
const standardFile = "pipeline.yaml"

// filesOf returns the files that a command was given: -f A -f B, or FILE, or
// the standard one.
func filesOf(flags []string, args []string) (first string, overlays []string, err error) {
	files := append(flags, args...)
	switch {
	case slices.Contains(files, ""):
		return "", nil, usageError("the name of a file is empty")
	case len(flags) > 0 && len(args) > 0:
		return "", nil, usageError("name the file either with -f or without, not both")
	case len(files) > 0:
		return files[0], files[1:], nil
	}
	if _, err := os.Stat(standardFile); errors.Is(err, fs.ErrNotExist) {
		return "", nil, errors.New("there is no " + standardFile + " in this folder: go to the folder that has one, or name a file")
	}
	return standardFile, nil, nil
}
