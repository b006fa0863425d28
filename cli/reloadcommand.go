package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/leat-io/leat/admin"
	"github.com/leat-io/leat/pipeline"
	"github.com/spf13/cobra"
)

// reloadRun is leat reload.
type reloadRun struct {
	files   []string
	address string
	catalog pipeline.Catalog
	t       terminal
}

func reloadCommand(catalog pipeline.Catalog, t terminal) *cobra.Command {
	r := &reloadRun{catalog: catalog, t: t}
	c := &cobra.Command{
		Use:   "reload",
		Short: "Have a leat that runs read its file again",
		Long: `Asks the leat that runs a pipeline.yaml to read its files again. Flows that have
changed are replaced, all others go on untouched; a file with problems changes
nothing. It has to run with an admin listener: admin: {} in the file, or
leat run --admin. Without one a SIGHUP does the same.

Exit code 0 when what the files say runs now, 1 when something else does.`,
		Example: "  leat reload\n  leat reload --admin 127.0.0.1:7070",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return r.run(cmd.Context()) },
	}
	filesFlag(c, &r.files)
	c.Flags().StringVar(&r.address, "admin", "", "the `ADDRESS` of its admin listener")
	return c
}

func (r *reloadRun) run(ctx context.Context) error {
	config, err := adminOf(r.files, r.catalog)
	if err != nil && r.address == "" { // the file may be what is wrong
		return fmt.Errorf("%w\nwith --admin the file need not say where leat listens", err)
	}
	if config == nil {
		config = &pipeline.AdminConfig{}
	}
	var status admin.ReloadStatus
	err = clientFor(r.address, config).post(ctx, "/api/v1/reload", struct{}{}, &status)
	if errors.Is(err, errNobody) {
		return fmt.Errorf("%w\nIs leat running, and with an admin listener? admin: {} in pipeline.yaml or leat run --admin gives it one", err)
	}
	if err != nil {
		return err
	}
	r.print(status)
	if !status.Applied {
		return errProblem
	}
	return nil
}

func (r *reloadRun) print(status admin.ReloadStatus) {
	for _, p := range status.Problems {
		kind := "error"
		if p.Warning {
			kind = "warning"
		}
		fmt.Fprintf(r.t.err, "%s:%d:%d: %s: %s\n", p.File, p.Line, p.Column, kind, p.Text)
		if p.Hint != "" {
			fmt.Fprintf(r.t.err, "    %s\n", p.Hint)
		}
	}
	if status.Applied {
		fmt.Fprintln(r.t.out, status.Text)
		return
	}
	text, _, _ := strings.Cut(status.Text, ":\n") // what follows are the problems
	fmt.Fprintln(r.t.err, "not reloaded:", text)
}
