package cli

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/leat-io/leat/deadletters"
	"github.com/leat-io/leat/pipeline"
	"github.com/spf13/cobra"
)

// deadShow is leat dead show.
type deadShow struct{ deadLetters }

func deadShowCommand(catalog pipeline.Catalog, t terminal) *cobra.Command {
	d := &deadShow{deadLetters{catalog: catalog, t: t}}
	c := &cobra.Command{
		Use:   "show ID|NUMBER",
		Short: "Show a dead letter: its payload, metadata and error",
		Long: `Prints the letter with the NUMBER that leat dead list gives it, or all letters
of the event called ID: why it failed, link by link, what is known of it, the
payload that reached the stage, and what its source gave where that is
something else. An id of up to nine digits is written id:123456.`,
		Example: `  leat dead show 3
  leat dead show 60979de2-7807-4ede-a809-14c926ed5b7d`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("want one ID or NUMBER, got %d: leat dead list has them", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			d.filter.Filter.Letters, d.filter.Filter.All = args, true
			return d.run(cmd.Context())
		},
	}
	d.flags(c)
	return c
}

func (d *deadShow) run(ctx context.Context) error {
	if err := d.filter.prepare(time.Now()); err != nil {
		return err
	}
	p, err := d.load(nil)
	if err != nil {
		return err
	}
	box, err := d.box(p)
	if err != nil {
		return err
	}
	shown := 0
	broken, err := d.read(ctx, box, func(l *pipeline.Letter) {
		if shown++; shown > 1 {
			fmt.Fprintln(d.t.out)
		}
		printWhole(d.t.out, l)
	})
	switch {
	case err != nil:
		return err
	case shown > 0:
		return nil
	}
	if n, ok := deadletters.Number(d.filter.Letters[0]); ok {
		for _, b := range broken {
			if b.Number == n {
				return errors.New(onOneLine(b.String()))
			}
		}
	}
	return fmt.Errorf("sink %s has no dead letter %s: leat dead list --all lists them", d.sink, onOneLine(d.filter.Letters[0]))
}

// printWhole writes all of a letter.
func printWhole(w io.Writer, l *pipeline.Letter) {
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%-13s %s\n", name, onOneLine(value))
		}
	}
	line("letter", fmt.Sprintf("%d, %s", l.Number, l.Place))
	line("status", string(statusOf(l)))
	line("failed in", l.Where())
	for i, link := range strings.Split(l.Error, ": ") {
		line(map[bool]string{true: "error"}[i == 0], strings.Repeat("  ", min(i, 20))+link)
	}
	line("written", l.Time.UTC().Format(time.RFC3339))
	line("attempts", fmt.Sprintf("%d, the first at %s", l.Attempts, l.FirstFailed.UTC().Format(time.RFC3339)))
	line("id", l.ID)
	line("key", l.Key)
	line("type", l.Type)
	line("event time", timeText(l.EventTime))
	line("received", timeText(l.Received))
	line("part", map[bool]string{true: "of a message that was split"}[l.Part])
	line("redacted", map[bool]string{true: "secret fields are hidden"}[l.Redacted])
	if len(l.Meta) > 0 {
		fmt.Fprintln(w, "\nmetadata")
		for _, name := range slices.Sorted(maps.Keys(l.Meta)) {
			fmt.Fprintf(w, "  %s = %s\n", onOneLine(name), onOneLine(l.Meta[name]))
		}
	}
	printBody(w, "payload", l.Body())
	if l.Original != nil || l.OriginalBase64 != nil {
		printBody(w, "original, as its source gave it", l.Source())
	}
}

func timeText(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// printBody writes a payload as it is where it is text, and as bytes where it is not.
func printBody(w io.Writer, name string, body []byte) {
	fmt.Fprintf(w, "\n%s (%s bytes)\n", name, grouped(int64(len(body))))
	if !utf8.Valid(body) {
		fmt.Fprint(w, hex.Dump(body))
		return
	}
	fmt.Fprintln(w, strings.TrimSuffix(escapeControls(string(body), true), "\n"))
}
