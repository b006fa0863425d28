package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// usageError is wrong usage that shows only when the command has begun.
type usageError string

func (e usageError) Error() string { return string(e) }

// filesFlag gives a command the flag -f.
func filesFlag(c *cobra.Command, files *[]string) {
	c.Flags().StringArrayVarP(files, "file", "f", nil, "a `FILE`; more of them add to the first and replace parts of it")
	completeFiles(c)
}

// flagError says what a flag wants in words, where the library does it in those of Go.
func flagError(err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return err
	}
	f, want := invalid.GetFlag(), ""
	switch f.Value.Type() {
	case "int", "uint64":
		want = "want a whole number"
	case "bool":
		want = "want true or false"
	case "duration":
		want = "want a duration such as 30s or 5m"
	default:
		return err
	}
	return usageError(fmt.Sprintf("--%s %s: %s", f.Name, invalid.GetValue(), want))
}

// fileError says of a file that a command was given why it cannot be used.
func fileError(name string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New(name + ": there is no such file")
	case errors.Is(err, fs.ErrPermission):
		return errors.New(name + ": permission denied")
	case errors.Is(err, syscall.EISDIR):
		return errors.New(name + ": this is a folder: name a file in it")
	case errors.Is(err, syscall.ENOTDIR):
		return errors.New(name + ": a part of this path is a file, and not a folder")
	}
	return err
}

// writeFile writes what a flag named a file for.
func writeFile(name string, data []byte) error {
	err := os.WriteFile(name, data, 0o644)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New(name + ": its folder is not there: make it first")
	}
	return fileError(name, err)
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
