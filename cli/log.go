package cli

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/leat-io/leat/pipeline"
	"github.com/spf13/cobra"
)

// logFlags say what is logged, and how.
type logFlags struct{ level, format string }

func (f *logFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.level, "log-level", "info", "the least `LEVEL` that is logged: debug, info, warn or error")
	c.Flags().StringVar(&f.format, "log-format", "auto", "a `FORMAT`: text, json, or auto, which is text on a terminal, json elsewhere")
	_ = c.RegisterFlagCompletionFunc("log-level", cobra.FixedCompletions([]string{"debug", "info", "warn", "error"}, cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("log-format", cobra.FixedCompletions([]string{"auto", "text", "json"}, cobra.ShellCompDirectiveNoFileComp))
}

// open returns the log on w, which has to be a file.
func (f *logFlags) open(w any) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.level)); err != nil {
		return nil, usageError(fmt.Sprintf("--log-level %s: want debug, info, warn or error", f.level))
	}
	file, ok := w.(*os.File)
	text := f.format == "text" || f.format == "auto" && ok && isTerminal(file)
	switch {
	case f.format != "auto" && f.format != "text" && f.format != "json":
		return nil, usageError(fmt.Sprintf("--log-format %s: want text, json or auto", f.format))
	case !ok:
		return slog.New(slog.DiscardHandler), nil
	case text:
		return slog.New(slog.NewTextHandler(file, &slog.HandlerOptions{Level: level})), nil
	}
	return slog.New(slog.NewJSONHandler(file, &slog.HandlerOptions{Level: level})), nil
}

// newLog logs as text on a terminal and as JSON elsewhere.
func newLog(w any) *slog.Logger {
	log, err := (&logFlags{level: "info", format: "auto"}).open(w)
	if err != nil {
		panic(err) // the words are our own
	}
	return log
}

// follow logs what happens to one event, without its payload. It returns nil when there
// is none to follow.
func follow(id string, log *slog.Logger) func(pipeline.Sight) {
	if id == "" {
		return nil
	}
	return func(s pipeline.Sight) {
		if !s.Event.Is(id) {
			return
		}
		step := "stage"
		if s.Sink {
			step = "sink"
		}
		more := []any{"flow", s.Flow, step, s.Step, "id", s.Event.ID, "key", s.Event.Key, "what", string(s.What), "after", s.After.String()}
		if s.Err != nil {
			more = append(more, "error", s.Err)
		}
		log.Info("event", more...)
	}
}
