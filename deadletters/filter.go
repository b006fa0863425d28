// Package deadletters says which dead letters are meant, reads them, and replays them into
// a pipeline that runs. It is what the command leat dead and the admin API have in common.
package deadletters

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// Filter says which letters are meant. All that it says must be true of them; the zero
// value means all that wait.
type Filter struct {
	// Flow, and Stage, which may be a sink too: where they failed.
	Flow  string `json:"flow,omitempty"`
	Stage string `json:"stage,omitempty"`
	// Error is a text that their error contains, in either casing.
	Error string `json:"error,omitempty"`
	// Since and Until are when they were written: how long ago, such as 24h, or a time,
	// see [Moment].
	Since string `json:"since,omitempty"`
	Until string `json:"until,omitempty"`
	// All means those too that were replayed.
	All bool `json:"all,omitempty"`
	// Letters are numbers and ids of events; an id of up to nine digits is written
	// id:123456. Empty: any.
	Letters []string `json:"letters,omitempty"`
	// Marks are the marks of letters, by which those are meant that were listed before,
	// wherever they stand now. Empty: any.
	Marks []string `json:"marks,omitempty"`
}

// Choice is a filter that can be used.
type Choice struct {
	Filter
	from, to time.Time
	numbers  map[int]bool
	ids      map[string]bool
	marks    map[string]bool
	found    map[string]bool
}

// TimeError is a time that cannot be read.
type TimeError struct{ Name, Text string } // the name is since or until

func (e *TimeError) Error() string {
	return fmt.Sprintf("%s %s: want how long ago, such as 24h, or a time in UTC, such as 2026-03-31 or 2026-03-31T14:00:00Z", e.Name, e.Text)
}

// Choose makes a filter ready for use. An error is a [TimeError].
func (f Filter) Choose(now time.Time) (*Choice, error) {
	c := &Choice{Filter: f, numbers: map[int]bool{}, ids: map[string]bool{}, marks: map[string]bool{}, found: map[string]bool{}}
	var ok bool
	if c.from, ok = Moment(f.Since, now); !ok {
		return nil, &TimeError{"since", f.Since}
	}
	if c.to, ok = Moment(f.Until, now); !ok {
		return nil, &TimeError{"until", f.Until}
	}
	for _, mark := range f.Marks {
		c.marks[mark] = true
	}
	for _, name := range f.Letters {
		if n, ok := Number(name); ok {
			c.numbers[n] = true
		} else {
			c.ids[strings.TrimPrefix(name, idPrefix)] = true
		}
	}
	return c, nil
}

// idPrefix has digits stand for an id.
const idPrefix = "id:"

// Number reads the number of a letter: up to nine digits. Longer ones are ids.
func Number(name string) (int, bool) {
	n, err := strconv.Atoi(name)
	return n, err == nil && n > 0 && len(name) <= 9 && name[0] != '+'
}

// Moment reads a time, in UTC where it does not say, or how long ago it was. No text is
// the zero time.
func Moment(text string, now time.Time) (time.Time, bool) {
	if text == "" {
		return time.Time{}, true
	}
	if d, err := time.ParseDuration(text); err == nil {
		return now.Add(-d.Abs()), true
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// Takes reports whether a letter is meant.
func (c *Choice) Takes(l *pipeline.Letter) bool {
	switch {
	case !c.All && l.Status != pipeline.LetterWaits,
		c.Flow != "" && c.Flow != l.Flow,
		c.Stage != "" && c.Stage != l.Stage && c.Stage != l.Sink,
		!strings.Contains(strings.ToLower(l.Error), strings.ToLower(c.Error)),
		!c.from.IsZero() && l.Time.Before(c.from),
		!c.to.IsZero() && !l.Time.Before(c.to),
		len(c.Marks) > 0 && !c.marks[l.Mark]:
		return false
	}
	return c.named(l)
}

func (c *Choice) named(l *pipeline.Letter) bool {
	if len(c.Letters) == 0 {
		return true
	}
	byNumber, byID := c.numbers[l.Number], c.ids[l.ID]
	if byNumber {
		c.found[strconv.Itoa(l.Number)] = true
	}
	if byID {
		c.found[l.ID] = true
	}
	return byNumber || byID
}

// Missing are those of Letters that no letter was called that Takes has seen.
func (c *Choice) Missing() (names []string) {
	for _, name := range c.Letters {
		key := strings.TrimPrefix(name, idPrefix)
		if n, ok := Number(name); ok {
			key = strconv.Itoa(n)
		}
		if !c.found[key] {
			names = append(names, name)
		}
	}
	return names
}
