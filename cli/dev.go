package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/leat-io/leat/internal/samplefeed"
	"github.com/leat-io/leat/pipeline"
	"github.com/spf13/cobra"
)

// rehearsal is leat dev.
type rehearsal struct {
	vendor string
	files  []string // the first, and those that add to it; none: a flow of the command's own
	events int
	rate   string
	seed   uint64
}

func devCommand(catalog pipeline.Catalog, t terminal) *cobra.Command {
	var r rehearsal
	c := &cobra.Command{
		Use:   "dev VENDOR [FILE]",
		Short: "Run a made-up feed of a vendor through your flow",
		Long: `Starts a double of the vendor's service on this machine, which sends a made-up feed:
parcels and orders whose events come late, out of order and some of them twice. The
flows of FILE take it in place of the vendor's; without FILE, a flow does that prints
what it delivers, each event once and in order.

Everything behind the source is as in FILE: its sinks get the events. Signatures are
not verified, other sources give nothing, and what was delivered is forgotten. The
command ends when all is delivered, or with Ctrl-C.

VENDOR is ` + strings.Join(vendors(catalog), ", ") + `.`,
		Example:           "  leat dev di\n  leat dev tiki pipeline.yaml --events 1000\n  leat dev di -f pipeline.yaml -f local.yaml",
		ValidArgsFunction: oneOfThen(vendors(catalog), yamlFile),
		Args:              func(_ *cobra.Command, args []string) error { return r.check(catalog, args) },
		RunE: func(cmd *cobra.Command, args []string) error {
			r.vendor = args[0]
			r.files = append(r.files, args[1:]...)
			return r.run(cmd.Context(), catalog, t)
		},
	}
	filesFlag(c, &r.files)
	c.Flags().IntVar(&r.events, "events", 300, "send `N` different events")
	c.Flags().StringVar(&r.rate, "rate", "200/s", "how many are sent in a time, a `RATE`")
	c.Flags().Uint64Var(&r.seed, "seed", 1, "another `NUMBER` makes another feed")
	return c
}

// vendors are those that there are both a preset and a sample feed of.
func vendors(catalog pipeline.Catalog) (names []string) {
	for _, d := range catalog.Presets {
		if slices.Contains(samplefeed.Vendors(), d.Name) && doubleOf(d.Name) != nil {
			names = append(names, d.Name)
		}
	}
	return names
}

func (r *rehearsal) check(catalog pipeline.Catalog, args []string) error {
	known := vendors(catalog)
	switch {
	case len(args) == 0:
		return fmt.Errorf("want a vendor: one of %s", strings.Join(known, ", "))
	case len(args) > 1 && len(r.files) > 0:
		return errors.New("name the file either with -f or without, not both")
	case len(args) > 2:
		return fmt.Errorf("want a vendor and at most one FILE, got %d arguments", len(args))
	case !slices.Contains(known, args[0]):
		return fmt.Errorf("there is no sample feed of %q: want one of %s", args[0], strings.Join(known, ", "))
	case r.events < 1 || r.events > 1_000_000:
		return fmt.Errorf("--events %d: want 1 to 1000000", r.events)
	}
	_, err := r.interval()
	return err
}

// interval is the time from one message to the next.
func (r *rehearsal) interval() (time.Duration, error) {
	var rate pipeline.Rate
	if err := rate.UnmarshalText([]byte(r.rate)); err != nil {
		return 0, fmt.Errorf("--rate %s: %w", r.rate, err)
	}
	return rate.Per / time.Duration(rate.N), nil
}

func (r *rehearsal) run(ctx context.Context, catalog pipeline.Catalog, t terminal) error {
	interval, err := r.interval()
	if err != nil {
		return err
	}
	// An event comes a quarter of a second late at most, which the window leaves room for.
	delay := min(max(int(250*time.Millisecond/max(interval, 1)), 3), 40)
	feed, err := samplefeed.Make(r.vendor, samplefeed.Options{Events: r.events, Delay: delay, Seed: r.seed})
	if err != nil {
		return err
	}
	d, err := doubleOf(r.vendor)()
	if err != nil {
		return err
	}
	defer d.close()
	dir, err := os.MkdirTemp("", "leat-dev")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p, err := r.load(catalog, d, dir, t)
	if err != nil {
		return err
	}
	return rehearse(ctx, p, feed, d, interval, t)
}

// load makes the pipeline of FILE, or of the flow that is there without one.
func (r *rehearsal) load(catalog pipeline.Catalog, d double, dir string, t terminal) (*pipeline.Pipeline, error) {
	o := pipeline.Options{
		Catalog: catalog, Log: newLog(t.err), DefaultState: "memory",
		Rehearsal: &pipeline.Rehearsal{Preset: r.vendor, Settings: d.settings(), Dir: dir},
	}
	var p *pipeline.Pipeline
	var report *pipeline.Report
	if len(r.files) == 0 {
		p, report = pipeline.LoadText("the flow of leat dev", r.ownFlow(), o)
	} else {
		o.Overlays = r.files[1:]
		p, report = pipeline.LoadWithReport(r.files[0], o)
	}
	printReport(t.err, report)
	if report.Err() != nil {
		return nil, errProblem
	}
	return p, nil
}

// ownFlow prints what it delivers. The spool is there because not every source can hold
// events; its place is another one.
func (r *rehearsal) ownFlow() string {
	return "version: 1\nflows:\n  " + r.vendor + ":\n    from: {" + r.vendor + ": {spool: true}}\n" +
		"    stages:\n      - dedupe: {ttl: 336h}\n      - reorder: {window: 1s}\n    to: screen\n    on_error: {dead_letter: screen}\n" +
		"sinks: {screen: {stdout: {}}}\n"
}
