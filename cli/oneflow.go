package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/leat-io/leat/pipeline"
)

// oneFlow checks the arguments of a command for one flow, which may go without its name.
func oneFlow(_ *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("want the name of one FLOW, got %d", len(args))
	}
	return nil
}

// theFlow is the flow that was named, or the only one of the files. What is wrong with them
// is said by who reads them for more than that.
func theFlow(named, files []string) (string, error) {
	if len(named) > 0 {
		return named[0], nil
	}
	all := pipeline.FlowNames(files...)
	if len(all) > 1 {
		return "", usageError("which FLOW? There are " + strings.Join(all, ", "))
	}
	return strings.Join(all, ""), nil
}
