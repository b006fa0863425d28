package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/spf13/cobra"
)

// letterFilter says which letters are meant. All that it says must be true of them.
type letterFilter struct {
	flow, stage, text string
	since, until      string
	all               bool     // also those that were replayed
	names             []string // numbers and ids; empty: any

	from, to time.Time
	numbers  map[int]bool
	ids      map[string]bool
	found    map[string]bool
}

func (f *letterFilter) flags(c *cobra.Command) {
	c.Flags().StringVar(&f.flow, "flow", "", "letters of this flow")
	c.Flags().StringVar(&f.stage, "stage", "", "letters of this stage or sink")
	c.Flags().StringVar(&f.text, "error", "", "letters whose error contains this text, in either casing")
	c.Flags().StringVar(&f.since, "since", "", "letters written since then: 24h, 2026-03-31 or 2026-03-31T14:00:00Z")
	c.Flags().StringVar(&f.until, "until", "", "letters written before then")
}

// prepare reads what was given as text.
func (f *letterFilter) prepare(now time.Time) (err error) {
	if f.from, err = moment("--since", f.since, now); err != nil {
		return err
	}
	if f.to, err = moment("--until", f.until, now); err != nil {
		return err
	}
	f.numbers, f.ids, f.found = map[int]bool{}, map[string]bool{}, map[string]bool{}
	for _, name := range f.names {
		if n, ok := letterNumber(name); ok {
			f.numbers[n] = true
		} else {
			f.ids[strings.TrimPrefix(name, idPrefix)] = true
		}
	}
	return nil
}

// idPrefix has digits stand for an id.
const idPrefix = "id:"

// letterNumber reads a NUMBER: up to nine digits. Longer ones are ids.
func letterNumber(name string) (int, bool) {
	n, err := strconv.Atoi(name)
	return n, err == nil && n > 0 && len(name) <= 9 && name[0] != '+'
}

// moment reads a time, or how long ago it was.
func moment(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil {
		return now.Add(-d.Abs()), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, usageError(fmt.Sprintf("%s %s: want how long ago, such as 24h, or a time in UTC, such as 2026-03-31 or 2026-03-31T14:00:00Z", flag, text))
}

func (f *letterFilter) takes(l *pipeline.Letter) bool {
	switch {
	case !f.all && l.Status != pipeline.LetterWaits,
		f.flow != "" && f.flow != l.Flow,
		f.stage != "" && f.stage != l.Stage && f.stage != l.Sink,
		!strings.Contains(strings.ToLower(l.Error), strings.ToLower(f.text)),
		!f.from.IsZero() && l.Time.Before(f.from),
		!f.to.IsZero() && !l.Time.Before(f.to):
		return false
	}
	return f.named(l)
}

func (f *letterFilter) named(l *pipeline.Letter) bool {
	if len(f.names) == 0 {
		return true
	}
	byNumber, byID := f.numbers[l.Number], f.ids[l.ID]
	if byNumber {
		f.found[strconv.Itoa(l.Number)] = true
	}
	if byID {
		f.found[l.ID] = true
	}
	return byNumber || byID
}

// missing are the names that no letter has.
func (f *letterFilter) missing() (names []string) {
	for _, name := range f.names {
		key := strings.TrimPrefix(name, idPrefix)
		if n, ok := letterNumber(name); ok {
			key = strconv.Itoa(n)
		}
		if !f.found[key] {
			names = append(names, name)
		}
	}
	return names
}
