package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/setup"
	"github.com/spf13/cobra"
)

// setupRun is a run of leat setup.
type setupRun struct {
	files []string
	apply bool

	setups []setup.Def
	t      terminal
}

func setupCommand(catalog pipeline.Catalog, setups []setup.Def, t terminal) *cobra.Command {
	run := &setupRun{setups: setups, t: t}
	c := &cobra.Command{
		Use:   "setup [FLOW]",
		Short: "Make what a flow needs at its vendor",
		Long: `Reads what is there at the vendor, and at AWS, for the FLOW of a pipeline.yaml that
takes its events from a vendor's preset, and prints what is missing; where the file has
one flow, it need not be named. Nothing is changed without --apply, which makes it. What
only a person can do is printed as text to send. The settings are those of the flow's setup.

It can be run as often as one likes, and be interrupted: what is there is kept, and what
is missing is made.

Exit code 0 when all went well, 1 for problems in the file or with the vendor, 2 for
wrong usage.`,
		Example:           "  leat setup parcels\n  leat setup parcels --apply",
		Args:              oneFlow,
		ValidArgsFunction: flowName,
		RunE: func(cmd *cobra.Command, args []string) error {
			first, overlays, err := filesOf(run.files, nil)
			if err != nil {
				return err
			}
			flow, err := theFlow(args, append([]string{first}, overlays...))
			if err != nil {
				return err
			}
			ctx, release := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer release()
			return run.flow(ctx, flow, first, pipeline.Options{Catalog: catalog, Overlays: overlays})
		},
	}
	filesFlag(c, &run.files)
	c.Flags().BoolVar(&run.apply, "apply", false, "make what is missing")
	return c
}

// flow sets up all feeds of a flow.
func (r *setupRun) flow(ctx context.Context, name, file string, o pipeline.Options) error {
	feeds, report := pipeline.Feeds(file, name, o)
	if err := report.Err(); err != nil { // warnings are for those who run the flow
		fmt.Fprintln(r.t.err, err)
		return errProblem
	}
	if len(feeds) == 0 {
		return fmt.Errorf("flow %q takes nothing from a preset: there is something to set up for flows from %s", name, r.presets())
	}
	ok := true
	for _, f := range feeds {
		done, err := r.feed(ctx, f, report)
		if err != nil {
			return err
		}
		ok = ok && done
	}
	if !ok {
		return errProblem
	}
	return nil
}

// feed plans one feed and applies the plan; ok is false when something is in the way.
func (r *setupRun) feed(ctx context.Context, f pipeline.Feed, report *pipeline.Report) (ok bool, err error) {
	i := slices.IndexFunc(r.setups, func(d setup.Def) bool { return d.Preset == f.Preset })
	if i < 0 {
		return false, fmt.Errorf("there is nothing to set up for the preset %s of flow %q: there is for %s", f.Preset, f.Flow, r.presets())
	}
	fmt.Fprintf(r.t.out, "Flow %s, from %s:\n\n", f.Flow, f.Preset)
	plan, err := r.setups[i].Plan(ctx, f.Setup, r.env(f), report.Settings())
	switch {
	case ctx.Err() != nil:
		return false, errors.New("interrupted: nothing was changed")
	case err != nil:
		fmt.Fprintln(r.t.err, err)
		return false, errProblem
	}
	plan.Print(r.t.out)
	return r.made(ctx, plan), nil
}

func (r *setupRun) env(f pipeline.Feed) *setup.Env {
	return &setup.Env{
		Flow: f.Flow, Source: f.Config, Parameters: f.Parameters,
		Clock: pipeline.System, Log: newLog(r.t.err), Client: setup.NewClient,
	}
}

// made applies the plan if that is wanted, and says what is left.
func (r *setupRun) made(ctx context.Context, p *setup.Plan) (ok bool) {
	failed, left, todo := 0, 0, p.Count(setup.Create, setup.Change, setup.Test)
	switch {
	case todo == 0:
		fmt.Fprintln(r.t.out, "\nThere is nothing to make.")
	case !r.apply:
		fmt.Fprintln(r.t.out, "\nNothing was changed. The same with --apply makes what is missing.")
	default:
		fmt.Fprintln(r.t.out)
		failed, left = p.Apply(ctx, r.t.out)
		fmt.Fprintf(r.t.out, "\n%s\n", doneOf(todo, failed, left))
	}
	p.PrintByHand(r.t.out)
	return failed+left+p.Count(setup.Trouble) == 0
}

func doneOf(todo, failed, left int) string {
	if failed+left == 0 {
		return "All of it is done."
	}
	text := fmt.Sprintf("%d of %d done, %d failed", todo-failed-left, todo, failed)
	if left > 0 {
		text += fmt.Sprintf(", %d not tried", left)
	}
	return text + ". Run the same again to go on: what is done stays."
}

func (r *setupRun) presets() string {
	var names []string
	for _, d := range r.setups {
		names = append(names, d.Preset)
	}
	return strings.Join(names, ", ")
}
