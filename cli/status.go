package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/leat-io/leat/admin"
	"github.com/leat-io/leat/pipeline"
	"github.com/spf13/cobra"
)

// statusRun is leat status.
type statusRun struct {
	files   []string
	address string
	catalog pipeline.Catalog
	t       terminal
}

func statusCommand(catalog pipeline.Catalog, t terminal) *cobra.Command {
	s := &statusRun{catalog: catalog, t: t}
	c := &cobra.Command{
		Use:   "status",
		Short: "Say how a leat that runs is doing",
		Long: `Asks the leat that runs a pipeline.yaml how its flows are: what they do and why,
what has come and gone, what waits, and what fails. It has to run with an admin
listener: admin: {} in the file, or leat run --admin. The address is the one in
the file, ` + pipeline.AdminAddress + ` if there is none, or that of --admin; the token is
that of the file, or LEAT_ADMIN_TOKEN.

Exit code 0 when all flows are ready, 1 when one is not or nobody answers.`,
		Example: "  leat status\n  leat status --admin 10.0.0.7:7070",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return s.run(cmd.Context()) },
	}
	filesFlag(c, &s.files)
	c.Flags().StringVar(&s.address, "admin", "", "the `ADDRESS` of its admin listener")
	return c
}

func (s *statusRun) run(ctx context.Context) error {
	config, err := adminOf(s.files, s.catalog)
	if err != nil {
		return err
	}
	if config == nil {
		config = &pipeline.AdminConfig{}
	}
	var st admin.Status
	client := clientFor(s.address, config)
	if err := client.get(ctx, "/api/v1/status", &st); errors.Is(err, errNobody) {
		return fmt.Errorf("%w\nIs leat running, and with an admin listener? admin: {} in pipeline.yaml or leat run --admin gives it one", err)
	} else if err != nil {
		return err
	}
	printStatus(s.t.out, st, inkFor(s.t.out), s.t.width())
	if !st.Ready {
		return errProblem
	}
	return nil
}

// adminOf is what files say of the admin listener; nil: nothing, or there is no file.
func adminOf(files []string, catalog pipeline.Catalog) (*pipeline.AdminConfig, error) {
	if len(files) == 0 {
		if _, err := os.Stat(standardFile); err != nil {
			return nil, nil
		}
		files = []string{standardFile}
	}
	p, report := pipeline.LoadWithReport(files[0], pipeline.Options{Catalog: catalog, Overlays: files[1:]})
	if p == nil {
		return nil, fmt.Errorf("%s cannot be read, so that the admin listener is not known: leat check says why\n%w", files[0], report.Err())
	}
	return p.Admin(), nil
}

// printStatus writes a status for people.
func printStatus(w io.Writer, st admin.Status, ink ink, width int) {
	fmt.Fprintf(w, "leat %s, for %s\n", onOneLine(st.Version), forPeople(st.Now.Sub(st.Began)))
	for _, f := range st.Flows {
		fmt.Fprintln(w)
		printFlow(w, f, ink, width)
	}
	if len(st.Sinks) > 0 {
		fmt.Fprintln(w)
	}
	for _, k := range st.Sinks {
		kind := "delivered"
		if k.Dead {
			kind = "dead letters"
		}
		fmt.Fprintf(w, "%s %12s %s\n", padded("sink "+k.Name, 30), grouped(k.Delivered), kind)
	}
	for _, sp := range st.Spools {
		fmt.Fprintf(w, "%s %12s wait on disk\n", padded("spool "+sp.Flow+"/"+sp.Source, 30), grouped(sp.Waiting))
	}
}

func printFlow(w io.Writer, f admin.Flow, ink ink, width int) {
	state := ink.good(f.State)
	if !f.Ready || f.State == string(pipeline.PhasePaused) {
		state = ink.bad(f.State)
	}
	fmt.Fprintf(w, "%s %s\n", ink.bold("flow "+onOneLine(f.Flow)), state)
	for _, r := range f.Reasons {
		for i, line := range wrapped(onOneLine(r.String()), width-6) {
			fmt.Fprintf(w, "  %s %s\n", map[bool]string{true: ink.bad("!"), false: " "}[i == 0], line)
		}
	}
	fmt.Fprintf(w, "  %s %s\n", padded("read", 27), amount(f.Read))
	fmt.Fprintf(w, "  %s %s of %s\n", padded("in flight", 27), amount(int64(f.InFlight)), grouped(int64(f.MaxInFlight)))
	fmt.Fprintf(w, "  %s %s of %s\n", padded("held", 27), amount(int64(f.Held)), grouped(int64(f.MaxHeld)))
	if f.DeadLetters > 0 {
		fmt.Fprintf(w, "  %s %s leat dead list\n", padded("dead letters", 27), amount(f.DeadLetters))
	}
	for _, st := range f.Stages {
		if text := stageText(st); text != "" {
			fmt.Fprintf(w, "  %s %s\n", padded("stage "+st.Name, 27), clip(text, width-30))
		}
	}
}

func amount(n int64) string { return fmt.Sprintf("%12s", grouped(n)) }

// padded is a text in so many columns, and cut to them.
func padded(text string, columns int) string {
	text = clip(text, columns)
	return text + strings.Repeat(" ", max(0, columns-len([]rune(text))))
}

// stageText says what a stage holds, keeps back and fails on.
func stageText(st admin.Stage) string {
	var parts []string
	add := func(n int64, what string) {
		if n > 0 {
			parts = append(parts, grouped(n)+" "+what)
		}
	}
	add(int64(st.Inside), "inside")
	add(int64(st.Retried), "tried again")
	var names []string
	for name := range st.Counts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		add(st.Counts[name], strings.ReplaceAll(name, "_", " "))
	}
	add(st.Failed, "failures")
	add(st.DeadLetters, "dead letters")
	return strings.Join(parts, ", ")
}

// forPeople is a duration in its two largest units.
func forPeople(d time.Duration) string {
	d = d.Round(time.Second)
	days, hours, minutes, seconds := d/(24*time.Hour), d/time.Hour%24, d/time.Minute%60, d/time.Second%60
	switch {
	case days > 0:
		return fmt.Sprintf("%d d %d h", days, hours)
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%d min %d s", minutes, seconds)
	}
	return fmt.Sprintf("%d s", seconds)
}
