package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/leat-io/leat/live"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/tracing"
	"github.com/spf13/cobra"
)

// runFlags are the flags of leat run.
type runFlags struct {
	files  []string
	strict bool
	quiet  bool
	trace  string // the id of an event that is followed
	log    logFlags
	watch  bool
	admin  string // where the admin listener is to be; "": as the file says
}

func runCommand(catalog pipeline.Catalog, t terminal) *cobra.Command {
	var flags runFlags
	c := &cobra.Command{
		Use:   "run [FILE]",
		Short: "Run the flows of a pipeline.yaml",
		Long: `Runs the flows of FILE (pipeline.yaml if none is named) until their sources end
or the command is interrupted. The first Ctrl-C, or SIGTERM, hands held events
back and finishes those under way; the second stops at once.

SIGHUP has the files read again, and with --watch that happens by itself. Flows
that are the same go on untouched, changed ones are replaced; a file with
problems changes nothing.

Exit code 0 when the input was handled, also when some events became dead
letters; 1 when the file has problems, when something could not be read, written
or finished, or when a finite input was interrupted before its end.`,
		Example:           "  leat run\n  leat run -f pipeline.yaml -f local.yaml\n  leat run --watch --admin\n  leat run --trace-event 370724761431111111",
		Args:              atMostOneFile,
		ValidArgsFunction: yamlFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			first, overlays, err := filesOf(flags.files, args)
			if err != nil {
				return err
			}
			log, err := flags.log.open(t.err)
			if err != nil {
				return err
			}
			x := tracing.NewExporting(tracing.Options{Log: log, Version: version()})
			return flags.run(cmd.Context(), first, pipeline.Options{Catalog: catalog, Overlays: overlays, Log: log, Sight: follow(flags.trace, log), Measure: flags.admin != "", Tracer: x.Tracer}, x, t)
		},
	}
	filesFlag(c, &flags.files)
	c.Flags().BoolVar(&flags.strict, "strict", false, "exit with 1 when an event became a dead letter")
	c.Flags().BoolVar(&flags.watch, "watch", false, "reload when pipeline.yaml, or a file that it names, has changed")
	c.Flags().StringVar(&flags.admin, "admin", "", "serve health, API and page, at [=`ADDRESS`] or "+pipeline.AdminAddress)
	c.Flags().Lookup("admin").NoOptDefVal = pipeline.AdminAddress
	c.Flags().BoolVarP(&flags.quiet, "quiet", "q", false, "print neither progress nor the summary")
	c.Flags().StringVar(&flags.trace, "trace-event", "", "log what happens to the event with this `ID` at each stage")
	flags.log.add(c)
	return c
}

func (flags *runFlags) run(ctx context.Context, file string, o pipeline.Options, x *tracing.Exporting, t terminal) error {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // from the beginning, as without that it would be the end
	defer signal.Stop(hangups)
	r, report := live.Load(file, o)
	printReport(t.err, report)
	if r == nil {
		return errProblem
	}
	ctx, interrupted, release := untilInterrupted(ctx, t)
	defer release()
	stopAdmin, err := flags.adminFor(ctx, file, r, o)
	if err != nil {
		return err
	}
	defer stopAdmin()
	if err := startTracing(ctx, x, r, o); err != nil {
		return err
	}
	begun := time.Now()
	stopProgress := flags.showProgress(r.Pipeline, t)
	stopReloads := flags.reloads(ctx, hangups, r, t)
	err = r.Run(ctx)
	stopReloads()
	stopAdmin()
	_ = x.Close() // what was not sent stands in the log
	stopProgress()
	p := r.Pipeline()
	s := summary{stats: p.Stats(), took: time.Since(begun), startAfresh: p.StartAfresh(), unfinished: interrupted() && p.Finite()}
	if !flags.quiet {
		s.print(t.err)
	}
	if err != nil {
		return err
	}
	if s.unfinished || s.stats.Returned > 0 || flags.strict && s.stats.Sum(pipeline.CountDeadLetters) > 0 {
		return errProblem
	}
	return nil
}

// untilInterrupted returns a context that ends with the first SIGINT or SIGTERM.
// A second one ends the process at once: nothing is lost then, what was not
// settled comes again.
func untilInterrupted(ctx context.Context, t terminal) (_ context.Context, interrupted func() bool, release func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		if _, ok := <-signals; !ok {
			return // the run is over
		}
		if isTerminal(t.err) {
			fmt.Fprintln(t.err) // behind the ^C
		}
		fmt.Fprintln(t.err, "stopping: finishing what is under way (Ctrl-C again stops at once)")
		cancel(errInterrupted)
		if _, again := <-signals; again {
			os.Exit(130)
		}
	}()
	interrupted = func() bool { return errors.Is(context.Cause(ctx), errInterrupted) }
	return ctx, interrupted, func() {
		signal.Stop(signals)
		close(signals)
		cancel(nil)
	}
}

var errInterrupted = errors.New("interrupted")
