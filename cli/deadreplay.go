package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/tracing"
	"github.com/spf13/cobra"
)

// deadReplay is leat dead replay.
type deadReplay struct {
	deadLetters
	dryRun, fromStart, redacted, quiet bool
	admin                              string // where the leat is that runs the pipeline; "": as the file says

	box     pipeline.LetterBox
	plan    letterCounts
	chosen  map[string]bool // the marks of letters that are replayed
	stages  int             // how many of them are those of stages
	refused int

	mu     sync.Mutex
	marks  pipeline.LetterMarks
	became map[pipeline.LetterStatus]int
}

func deadReplayCommand(catalog pipeline.Catalog, t terminal) *cobra.Command {
	d := &deadReplay{deadLetters: deadLetters{catalog: catalog, t: t}, chosen: map[string]bool{}, became: map[pipeline.LetterStatus]int{}}
	c := &cobra.Command{
		Use:   "replay [ID|NUMBER...]",
		Short: "Put the events of dead letters back into the stage that failed",
		Long: `Puts the events of the dead letters that wait back into their flow, as
pipeline.yaml has it now: into the stage or sink that failed, and from there on
through the rest. What stands before, dedupe too, is passed over. The events
are marked leat.replayed. Nothing is read from the sources of the flows.

A letter counts as replayed once its event is settled, and is not replayed
again. An event that fails again becomes a new letter, which replaces the old
one. A replay that is interrupted or killed loses nothing: run it again to go
on; an event that was under way may be delivered twice.

While leat runs the pipeline with an admin listener (admin in pipeline.yaml, or
--admin here), it replays the letters itself, among the events that come.
Without one, letters of sinks can be replayed meanwhile, and letters of stages
where the state is shared (redis). With embedded state, stop leat first, which
the command says.

Exit code 0 when all letters that were asked for are replayed, 1 when some are
not, or failed again.`,
		Example: `  leat dead replay --dry-run
  leat dead replay --stage enrich --since 24h
  leat dead replay 3 7
  leat dead replay --from-start`,
		RunE: func(cmd *cobra.Command, args []string) error {
			d.filter.Filter.Letters = args
			return d.run(cmd.Context())
		},
	}
	d.flags(c)
	d.filter.flags(c, catalog)
	c.Flags().BoolVar(&d.dryRun, "dry-run", false, "only say what would be replayed")
	c.Flags().BoolVar(&d.fromStart, "from-start", false, "through the whole flow, as its source gave it")
	c.Flags().StringVar(&d.admin, "admin", "", "the `ADDRESS` of the leat that runs the pipeline")
	c.Flags().BoolVar(&d.redacted, "redacted", false, "also letters in which secrets are [redacted]")
	c.Flags().BoolVarP(&d.quiet, "quiet", "q", false, "print neither progress nor the summary")
	return c
}

func (d *deadReplay) run(ctx context.Context) (err error) {
	if err := d.filter.prepare(time.Now()); err != nil {
		return err
	}
	p, err := d.load(d.options(false))
	if err != nil {
		return err
	}
	if d.box, err = d.deadLetters.box(p); err != nil {
		return err
	}
	remote, err := d.runner(ctx, p)
	if err != nil {
		return err
	}
	if !d.dryRun && remote == nil {
		if d.marks, err = d.box.Begin(); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, d.marks.Close()) }()
	}
	broken, err := d.read(ctx, d.box, func(l *pipeline.Letter) { d.choose(p, l) })
	if err != nil {
		return err
	}
	d.complain(broken)
	for _, name := range d.filter.Missing() {
		fmt.Fprintf(d.t.err, "leat: no dead letter %s waits in sink %s: leat dead list --all says what became of it\n", onOneLine(name), d.sink)
		d.refused++
	}
	if d.dryRun {
		d.plan.print(d.t.out, "would be replayed", d.t.width())
	} else if len(d.chosen) > 0 {
		replay := d.replay
		if remote != nil {
			replay = remote.replay
		}
		if err := replay(ctx); err != nil {
			return err
		}
	} else if !d.quiet {
		fmt.Fprintln(d.t.err, "nothing to replay")
	}
	return d.verdict(len(broken))
}

// verdict is an error unless all that was asked for is done.
func (d *deadReplay) verdict(broken int) error {
	left := len(d.chosen) - d.became[pipeline.LetterDelivered]
	if d.refused > 0 || broken > 0 || !d.dryRun && left > 0 {
		return errProblem
	}
	return nil
}

func (d *deadReplay) options(onlySinks bool) *pipeline.Replay {
	return &pipeline.Replay{Letters: d.letters, Settled: d.settled, FromStart: d.fromStart, Redacted: d.redacted, OnlySinks: onlySinks}
}

// choose takes a letter, or says why it cannot be replayed.
func (d *deadReplay) choose(p *pipeline.Pipeline, l *pipeline.Letter) {
	if err := p.Replayable(&l.DeadLetter); err != nil {
		d.refused++
		fmt.Fprintf(d.t.err, "leat: letter %d of %s is not replayed: %s\n", l.Number, onOneLine(l.Where()), onOneLine(err.Error()))
		return
	}
	if d.chosen[l.Mark] {
		return // written twice
	}
	d.chosen[l.Mark] = true
	d.plan.add(l)
	if l.Sink == "" || d.fromStart {
		d.stages++
	}
}

// replay runs the flows on what was chosen.
func (d *deadReplay) replay(ctx context.Context) error {
	x := tracing.NewExporting(tracing.Options{Log: newLog(d.t.err), Version: version()})
	p, err := d.loadTraced(d.options(d.stages == 0), x)
	if err != nil {
		return err
	}
	if err := x.Start(ctx); err != nil {
		return err
	}
	ctx, interrupted, release := untilInterrupted(ctx, d.t)
	defer release()
	stopProgress := d.showProgress()
	err = p.Run(ctx)
	stopProgress()
	_ = x.Close() // what was not sent stands in the log
	if !d.quiet {
		d.sumUp(interrupted())
	}
	if err != nil && d.total() == 0 && d.stages > 0 && strings.Contains(err.Error(), "state") {
		return fmt.Errorf("%w\nThe stages of a flow need its state. If leat runs this pipeline, give it an admin listener (admin: {} in the file, or leat run --admin) and it replays them itself; or stop it for the replay, or replay letters of sinks alone with --stage SINK, which is safe meanwhile", err)
	}
	return err
}

// letters yields the chosen letters of a flow. What is written meanwhile is not among
// them.
func (d *deadReplay) letters(ctx context.Context, flow string) iter.Seq[*pipeline.Letter] {
	return func(yield func(*pipeline.Letter) bool) {
		given := map[string]bool{}
		for l, err := range d.box.Read(ctx) {
			switch {
			case l == nil:
				if ctx.Err() == nil {
					fmt.Fprintf(d.t.err, "leat: %v\n", err) // the letters behind it stay
				}
				return
			case err != nil || l.Flow != flow || !d.chosen[l.Mark] || given[l.Mark]:
				continue
			}
			given[l.Mark] = true
			if !yield(l) {
				return
			}
		}
	}
}

// settled records what became of a letter.
func (d *deadReplay) settled(l *pipeline.Letter, became pipeline.LetterStatus) error {
	if err := d.marks.Mark(l, became); err != nil {
		fmt.Fprintf(d.t.err, "leat: letter %d is %s, but that cannot be recorded, so that it would be replayed again: %v\n", l.Number, became, err)
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.became[became]++
	return nil
}

func (d *deadReplay) total() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.became[pipeline.LetterDelivered] + d.became[pipeline.LetterReplaced]
}

func (d *deadReplay) sumUp(interrupted bool) {
	line := func(what string, n int, more string) {
		if n > 0 {
			fmt.Fprintln(d.t.err, strings.TrimRight(fmt.Sprintf("%-13s %9s  %s", what, grouped(int64(n)), more), " "))
		}
	}
	line("replayed", d.became[pipeline.LetterDelivered], "")
	line("failed again", d.became[pipeline.LetterReplaced], "new letters replace theirs")
	line("left", len(d.chosen)-d.total(), "wait as before")
	line("refused", d.refused, "for the reasons above")
	if interrupted {
		fmt.Fprintln(d.t.err, "interrupted: run it again to go on")
	}
}

// showProgress keeps a line on the terminal up to date.
func (d *deadReplay) showProgress() (stop func()) {
	if d.quiet {
		return func() {}
	}
	return progressOn(d.t, func(time.Duration) string {
		return fmt.Sprintf("replayed %s of %s", grouped(int64(d.total())), grouped(int64(len(d.chosen))))
	})
}
