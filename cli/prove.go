package cli

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/sim"
	"github.com/leat-io/leat/sim/prove"
	"github.com/spf13/cobra"
)

// proof is leat prove.
type proof struct {
	files   []string
	inputs  []string
	runs    int
	seed    uint64
	catalog pipeline.Catalog
	t       terminal
}

func proveCommand(catalog pipeline.Catalog, t terminal) *cobra.Command {
	p := &proof{catalog: catalog, t: t}
	c := &cobra.Command{
		Use:   "prove [FLOW]",
		Short: "Run a flow under schedules in which everything goes wrong",
		Long: `Runs FLOW of pipeline.yaml (which need not be named where the file has one),
the real engine with your stages and limits in virtual time, under schedules
drawn by chance: messages come late, out of order and again, sinks are slow and
away, the process is killed at any point, and the state store loses what it had
not brought to safety. Sources, sinks and the state are simulated: nothing of
yours is asked or changed.

It counts what is lost, out of order without a mark, or delivered twice, and for
the first such event prints the shortest schedule that it finds.

Messages are made of samples: those in --input (a payload each, or one on each
line of a .jsonl file), else those that the flow names under samples, else those
of its presets, else the inputs of the tests beside the file. Times in them are moved to have several events of a key.
docs/proving.md says more.

Exit code 1 when a promise is broken or a file cannot be used, 2 on wrong usage.`,
		Example: `  leat prove parcels
  leat prove parcels --runs 10000 --seed 7
  leat prove parcels --input feed.jsonl`,
		Args:              oneFlow,
		ValidArgsFunction: flowName,
		RunE:              func(c *cobra.Command, args []string) error { return p.run(c.Context(), args) },
	}
	filesFlag(c, &p.files)
	c.Flags().StringArrayVar(&p.inputs, "input", nil, "a `FILE` with samples; may be given several times")
	completePath(c, "input")
	c.Flags().IntVar(&p.runs, "runs", 1000, "try `N` schedules")
	c.Flags().Uint64Var(&p.seed, "seed", 1, "where chance begins, a `NUMBER`")
	return c
}

func (p *proof) run(ctx context.Context, named []string) error {
	if p.runs < 1 {
		return usageError(fmt.Sprintf("--runs %d: must be at least 1", p.runs))
	}
	first, overlays, err := filesOf(p.files, nil)
	if err != nil {
		return err
	}
	flow, err := theFlow(named, append([]string{first}, overlays...))
	if err != nil {
		return err
	}
	o := prove.Options{
		Flow: flow, Runs: p.runs, Seed: p.seed,
		Options: pipeline.Options{Catalog: p.catalog, Overlays: overlays},
		Load: func(o pipeline.Options) (*pipeline.Pipeline, *pipeline.Report) {
			return pipeline.LoadWithReport(first, o)
		},
	}
	if o.Samples, err = p.samples(first, flow, &o.Options); err != nil {
		return err
	}
	still := sim.NewStillness()
	defer still.Close()
	screen := newProofScreen(p.t, flow, p.runs, p.seed)
	o.Progress = screen.progress
	_, interrupted, release := untilInterrupted(ctx, p.t)
	defer release()
	o.Stopped = interrupted
	begun := time.Now()
	report, err := prove.Prove(o, still)
	if screen.clear(); err != nil {
		return err
	}
	screen.report(report, time.Since(begun))
	switch {
	case report.Violations() > 0:
		return errProblem
	case report.Runs < p.runs:
		return fmt.Errorf("interrupted after %s of %s: nothing is said of the others", grouped(int64(report.Runs)), plural(p.runs, "schedule", "schedules"))
	}
	return nil
}

// samples finds payloads for the flow. What the tests beside the file set counts for it.
func (p *proof) samples(file, flow string, o *pipeline.Options) ([][]byte, error) {
	tests, err := withTests(file, o)
	if err != nil {
		return nil, err
	}
	if len(p.inputs) > 0 {
		return p.read()
	}
	found, report := pipeline.SamplesOf(file, flow, *o)
	if err := report.Err(); err != nil {
		return nil, err
	}
	samples := payloadsOf(found)
	if len(samples) == 0 && tests != nil {
		samples = tests.Payloads(flow)
	}
	if len(samples) == 0 {
		return nil, fmt.Errorf("there are no samples for flow %s: it has none of its own, its sources are no presets and %s has no inputs for it; name payloads with --input FILE", flow, testsOf(file))
	}
	return samples, nil
}

// read reads the samples that were named.
func (p *proof) read() (samples [][]byte, err error) {
	for _, name := range p.inputs {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, usageError("--input " + fileError(name, err).Error())
		}
		samples = append(samples, payloadsOf(pipeline.SplitSamples(name, data))...)
	}
	return samples, nil
}

func payloadsOf(samples []pipeline.Sample) (list [][]byte) {
	for _, s := range samples {
		list = append(list, s.Data)
	}
	return list
}
