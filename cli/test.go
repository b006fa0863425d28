package cli

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/sim"
	"github.com/leat-io/leat/sim/testfile"
	"github.com/spf13/cobra"
)

// testRun is leat test.
type testRun struct {
	update  bool
	verbose bool
	junit   string
	only    string
	catalog pipeline.Catalog
	t       terminal

	pattern *regexp.Regexp
	still   *sim.Stillness
	screen  *testScreen
	files   []testfile.FileResults
}

func testCommand(catalog pipeline.Catalog, t terminal) *cobra.Command {
	r := &testRun{catalog: catalog, t: t}
	c := &cobra.Command{
		Use:   "test [FILE...]",
		Short: "Run the tests of flows",
		Long: `Runs the tests that stand beside flows: those of pipeline.yaml are in
pipeline.test.yaml. FILE is a file with tests, a pipeline.yaml, or a folder, for
all that are in it and below; without any, the folder that you are in. The file
of a preset of your own holds its tests itself; they run with those of a
pipeline.yaml that names it.

A test says what comes into a flow, what goes wrong meanwhile, and what must
come out. The flow runs as it would in earnest, but for its sources, its sinks
and its state, for which the test stands in, and for time: a window of two hours
passes at once. Nothing of the flow's services is asked or changed; plugins run,
and the clock stands meanwhile. docs/testing.md shows how to write tests.

Exit code 1 when a test fails or a file cannot be used, 2 on wrong usage.`,
		Example: `  leat test                            all tests in this folder and below
  leat test pipeline.yaml --run copy   those with "copy" in their names
  leat test --update                   write what comes out into the files
  leat test --junit report.xml         for CI`,
		ValidArgsFunction: anyFile,
		RunE:              func(_ *cobra.Command, args []string) error { return r.run(args) },
	}
	c.Flags().BoolVar(&r.update, "update", false, "write what comes out into the files as expected")
	c.Flags().StringVar(&r.junit, "junit", "", "write the results to this `FILE`, as JUnit does")
	completePath(c, "junit")
	c.Flags().StringVar(&r.only, "run", "", "only tests whose name matches this `REGEXP`")
	c.Flags().BoolVarP(&r.verbose, "verbose", "v", false, "list the tests that pass, too")
	return c
}

func (r *testRun) run(args []string) error {
	var err error
	if r.pattern, err = regexp.Compile(r.only); err != nil {
		return usageError(fmt.Sprintf("--run %s: %v", r.only, err))
	}
	paths, err := testfile.Find(args)
	if err != nil {
		return usageError(err.Error())
	}
	if len(paths) == 0 {
		return errors.New("there are no tests here: those of pipeline.yaml are in pipeline" + testfile.Suffix + ", those of a preset in its file; see docs/testing.md")
	}
	r.still = sim.NewStillness()
	defer r.still.Close()
	r.screen = newTestScreen(r.t, r.verbose)
	begun := time.Now()
	for _, path := range paths {
		r.files = append(r.files, r.runFile(path))
	}
	failed := r.screen.summary(r.files, time.Since(begun))
	if err := r.writeJUnit(); err != nil {
		return err
	}
	if r.noneRan() {
		return usageError(fmt.Sprintf("--run %s: no test has such a name", r.only))
	}
	if failed {
		return errProblem
	}
	return nil
}

func (r *testRun) noneRan() bool {
	for _, f := range r.files {
		if len(f.Results) > 0 || f.Err != nil {
			return false
		}
	}
	return r.only != ""
}

// runFile runs the tests of a file that are wanted.
func (r *testRun) runFile(path string) testfile.FileResults {
	out := testfile.FileResults{Path: path}
	f, err := testfile.Read(path)
	if err != nil {
		out.Err = err
		r.screen.broken(out)
		return out
	}
	for _, t := range f.Tests {
		if !r.pattern.MatchString(t.Name) {
			continue
		}
		r.screen.running(path, t.Name)
		result, err := f.Run(t, r.catalog, r.still)
		if err != nil {
			out.Err = err
			r.screen.broken(out)
			return out
		}
		out.Results = append(out.Results, result)
	}
	if r.update {
		out.Results, out.Err = r.rewrite(f, out.Results)
	}
	for _, result := range out.Results {
		r.screen.result(path, result)
	}
	if out.Err != nil {
		r.screen.broken(out)
	}
	return out
}

// rewrite writes what came into the file, and runs the tests that were changed again.
func (r *testRun) rewrite(f *testfile.File, results []*testfile.Result) ([]*testfile.Result, error) {
	changed, err := f.Update(results)
	if err != nil || changed == 0 {
		return results, err
	}
	again, err := testfile.Read(f.Path)
	if err != nil {
		return results, err
	}
	for i, result := range results {
		if len(result.Failures) == 0 {
			continue
		}
		for _, t := range again.Tests {
			if t.Name == result.Test.Name {
				if results[i], err = again.Run(t, r.catalog, r.still); err != nil {
					return results, err
				}
				r.screen.updated(f.Path, results[i])
			}
		}
	}
	return results, nil
}

func (r *testRun) writeJUnit() error {
	if r.junit == "" {
		return nil
	}
	text, err := testfile.JUnit(r.files)
	if err != nil {
		return err
	}
	return writeFile(r.junit, text)
}

// plural writes a number of things.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(int64(n)) + " " + many
}
