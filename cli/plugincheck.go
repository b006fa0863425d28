package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/plugins/host"
	"github.com/spf13/cobra"
)

// pluginCheck are the flags of leat plugin check, and what they lead to.
type pluginCheck struct {
	config           host.Config
	settings, events string
	sink, badInput   bool
	out, err         io.Writer

	host    *host.Host
	crashes atomic.Int64
	giveUp  atomic.Pointer[context.CancelFunc] // on the event that is under way
	failed  bool
}

func pluginCheckCommand(t terminal) *cobra.Command {
	k := &pluginCheck{config: host.Defaults, out: t.out, err: t.err}
	c := &cobra.Command{
		Use:   "check PROGRAM [-- ARG...]",
		Short: "Start a plugin, and see whether it does what leat expects",
		Long: `Starts PROGRAM as leat does, has it look at its settings, gives it the events of a
file one after another and then some that nobody would want: what is no JSON, or not
even text, and what is empty, deep or large. It tells what became of them, and how long
that took.

A plugin may do anything with an event but crash, take longer than --timeout, or ask for
it again: leat would try it for ever. What can never be handled is to be rejected.

As a sink (--sink) the plugin delivers what it is given.

Exit code 0 when all is well, 1 when it is not, 2 for wrong usage.`,
		Example: "  leat plugin check --tls=false --config eta.yaml plugins/eta/main.py",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("want the PROGRAM to check")
			}
			return nil
		},
		ValidArgsFunction: anyFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			k.config.Run, k.config.Args = args[0], args[1:]
			return k.run(cmd.Context())
		},
	}
	c.Flags().StringVar(&k.settings, "config", "", "a `FILE` with the plugin's settings, as they stand under config in pipeline.yaml")
	c.Flags().StringVar(&k.events, "events", "", "a `FILE` with an event on each line; sample.jsonl beside the program if there is one and none is named")
	completePath(c, "config")
	completePath(c, "events")
	c.Flags().BoolVar(&k.config.TLS, "tls", true, "whether the plugin speaks TLS: false for one that is not written in Go")
	c.Flags().BoolVar(&k.sink, "sink", false, "have it work as a sink")
	c.Flags().BoolVar(&k.badInput, "bad-input", true, "give it what nobody would want, too")
	c.Flags().DurationVar(&k.config.Timeout, "timeout", k.config.Timeout, "how long an event may take, a `DURATION`")
	return c
}

func (k *pluginCheck) run(ctx context.Context) error {
	if err := k.config.Validate(); err != nil {
		return usageError(err.Error())
	}
	if err := k.readSettings(); err != nil {
		return err
	}
	samples, err := k.readEvents()
	if err != nil {
		return err
	}
	if !k.start(ctx) {
		return errProblem
	}
	k.giveSamples(ctx, samples)
	if k.badInput {
		k.giveBadInput(ctx)
	}
	if err := k.host.Close(); err != nil {
		return err
	}
	if k.failed {
		return errProblem
	}
	return nil
}

func (k *pluginCheck) readSettings() error {
	if k.settings == "" {
		return nil
	}
	text, err := os.ReadFile(k.settings)
	if err != nil {
		return fmt.Errorf("read the settings: %w", err)
	}
	root, problems := conf.Parse([]conf.Source{{Name: k.settings, Data: text}}, os.LookupEnv, os.ReadFile)
	if !problems.HasErrors() {
		k.config.Config.UnmarshalNode(root, problems)
	}
	return problems.Err()
}

// readEvents returns the lines of the file.
func (k *pluginCheck) readEvents() (lines []string, err error) {
	name := k.events
	if name == "" {
		name = filepath.Join(filepath.Dir(k.config.Run), "sample.jsonl")
	}
	text, err := os.ReadFile(name)
	switch {
	case err == nil:
		k.events = name
	case k.events == "" && errors.Is(err, os.ErrNotExist):
		return nil, nil
	default:
		return nil, fmt.Errorf("read events: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// start starts the plugin and says whether it can be used.
func (k *pluginCheck) start(ctx context.Context) bool {
	k.host = host.New(k.config, host.Options{
		Flow: "check", Name: "plugin", Sink: k.sink, Folder: filepath.Dir(k.config.Run), Log: newLog(k.err),
		Count: func(what string) {
			if what == "crashes" {
				k.crashes.Add(1)
				(*k.giveUp.Load())()
			}
		},
	})
	k.giveUp.Store(new(context.CancelFunc(func() {})))
	begin := time.Now()
	err := k.host.Start(ctx)
	var refusal *host.Refusal
	switch {
	case errors.As(err, &refusal):
		k.say("settings", true, "%v", refusal)
		return false
	case err != nil:
		k.say("start", true, "%v", err)
		return false
	}
	k.say("start", false, "in %s; it takes its settings", round(time.Since(begin)))
	return true
}

// say prints what is known of one subject.
func (k *pluginCheck) say(subject string, failed bool, format string, args ...any) {
	verdict := "ok  "
	if failed {
		verdict, k.failed = "FAIL", true
	}
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "\n"+strings.Repeat(" ", 22))
	fmt.Fprintf(k.out, "%s  %-14s  %s\n", verdict, subject, text)
}
