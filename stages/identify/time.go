package identify

import (
	"fmt"
	"strings"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// TimeRule is one way to read an event's time.
type TimeRule struct {
	// The field or expression that gives the time. Of a list it is the latest of
	// its items that can be read.
	From pipeline.Expr `yaml:"from,required,short"`
	// How it is written: rfc3339, unix (seconds), unix_ms, or a layout as Go
	// writes it, such as 2006-01-02 15:04:05.
	Layout string `yaml:"layout"`
	// The time zone of a time that names none, such as Europe/Oslo; UTC if not
	// given. An hour that the clocks repeat in autumn is taken for the later one
	// that is not after the time of receipt, and marked leat.ambiguous_time.
	Zone string `yaml:"zone"`
	// The condition under which the rule counts; id, type and key are those found
	// here.
	When pipeline.Expr `yaml:"when"`
}

// Validate reports a layout or zone that cannot be used.
func (r TimeRule) Validate() error {
	if _, err := time.LoadLocation(r.Zone); err != nil {
		return pipeline.FieldError("zone", "unknown time zone %q: want a name such as Europe/Oslo", r.Zone)
	}
	if err := condition(r.When); err != nil {
		return err
	}
	switch r.Layout {
	case "", "rfc3339", "unix", "unix_ms":
		return nil
	}
	if !isLayout(r.Layout) {
		return pipeline.FieldError("layout", "want rfc3339, unix, unix_ms or a Go layout such as \"2006-01-02 15:04:05\", got %q", r.Layout)
	}
	if halfDay(r.Layout) {
		return pipeline.FieldError("layout", "%q has the hour of a 12-hour clock without PM: write 15 for the hour of a 24-hour clock, or add PM", r.Layout)
	}
	return nil
}

// sample is a time whose parts all differ.
var sample = time.Date(2009, 8, 7, 16, 25, 46, 0, time.UTC)

// isLayout reports whether a layout writes at least the year or the day.
func isLayout(layout string) bool {
	text := sample.Format(layout)
	back, err := time.Parse(layout, text)
	return err == nil && text != layout && (back.Year() == sample.Year() || back.YearDay() == sample.YearDay())
}

// halfDay reports whether a layout writes morning and afternoon alike.
func halfDay(layout string) bool {
	text := sample.Format(layout)
	return text != sample.Add(-time.Hour).Format(layout) && text == sample.Add(-12*time.Hour).Format(layout)
}

// reader reads a time by one rule.
type reader struct {
	rule *TimeRule
	zone *time.Location
}

func newReader(r *TimeRule) reader {
	zone, _ := time.LoadLocation(r.Zone)
	return reader{r, zone}
}

// reading is a time that was read. ambiguous means that the local time happens twice.
type reading struct {
	time      time.Time
	ambiguous bool
}

// read returns the latest time that the rule gives, if it gives one; unread: what it gives is
// no time.
func (r reader) read(e *pipeline.Event) (latest reading, ok, unread bool, err error) {
	err = r.rule.From.EachText(e, func(text string) {
		t, ambiguous, wrong := parse(text, r.rule.Layout, r.zone, e.Received)
		unread = unread || wrong != nil
		if wrong == nil && (!ok || t.After(latest.time)) {
			latest, ok = reading{t, ambiguous}, true
		}
	})
	return latest, ok, unread, err
}

// readTime tries the rules in turn.
func (found *identity) readTime(e *pipeline.Event, readers []reader) error {
	if len(readers) > 0 {
		found.time = time.Time{}
	}
	for _, r := range readers {
		var latest reading
		var unread bool
		ok, err := found.holds(&r.rule.When, e)
		if err == nil && ok {
			latest, ok, unread, err = r.read(e)
		}
		switch {
		case err != nil:
			return err
		case unread && found.unread == nil:
			found.unread = r.rule
		}
		if ok {
			found.time, found.ambiguous = latest.time, latest.ambiguous
			return nil
		}
	}
	return nil
}

// parse reads text; received decides between the two readings of an ambiguous
// local time.
func parse(text, layout string, zone *time.Location, received time.Time) (t time.Time, ambiguous bool, err error) {
	switch layout {
	case "", "rfc3339":
		t, err = time.Parse(time.RFC3339Nano, text)
	case "unix":
		t, err = parseUnix(text, 1)
	case "unix_ms":
		t, err = parseUnix(text, 1000)
	default:
		t, ambiguous, err = parseLayout(text, layout, zone, received)
	}
	if err == nil && !writable(t) {
		err = fmt.Errorf("%s is not within the years 1 to 9999", text)
	}
	return t, ambiguous, err
}

// writable reports whether RFC 3339 can write the time.
func writable(t time.Time) bool {
	year := t.UTC().Year()
	return 1 <= year && year <= 9999
}

// parseLayout reads a time by a Go layout. One that names its zone happens once.
func parseLayout(text, layout string, zone *time.Location, received time.Time) (time.Time, bool, error) {
	t, err := time.ParseInLocation(layout, text, zone)
	switch {
	case err != nil:
		return t, false, err
	case strings.Contains(layout, "-07") || strings.Contains(layout, "Z07"):
		return t, false, nil
	case strings.Contains(layout, "MST"):
		return t, false, knownZone(t, zone)
	}
	t, ambiguous := disambiguate(t, received)
	return t, ambiguous, nil
}

// knownZone refuses an abbreviation that zone does not use: time.Parse takes it
// for UTC.
func knownZone(t time.Time, zone *time.Location) error {
	name, offset := t.Zone()
	if t.Location() == zone || name == "UTC" || name == "GMT" || offset != 0 {
		return nil
	}
	return fmt.Errorf("%s is not used in %s", name, zone)
}

// disambiguate looks whether the wall clock showed t's local time twice, and
// then returns the reading that is closest to, and not after, received; when
// both are after it, the earlier one.
func disambiguate(t, received time.Time) (time.Time, bool) {
	start, end := t.ZoneBounds()
	other, found := twin(t, start, -1)
	if !found {
		other, found = twin(t, end, +1)
	}
	if !found {
		return t, false
	}
	earlier, later := t, other
	if later.Before(earlier) {
		earlier, later = later, earlier
	}
	if !received.IsZero() && later.After(received) {
		return earlier, true
	}
	return later, true
}

// twin returns the instant on the other side of a change of offset at which the
// wall clock shows the same as at t.
func twin(t, change time.Time, side int) (time.Time, bool) {
	if change.IsZero() {
		return t, false
	}
	beyond := change
	if side < 0 {
		beyond = change.Add(-time.Second)
	}
	_, here := t.Zone()
	_, there := beyond.In(t.Location()).Zone()
	other := t.Add(time.Duration(here-there) * time.Second)
	_, actual := other.In(t.Location()).Zone()
	return other, actual == there && !other.Equal(t)
}
