package identify

import (
	"fmt"
	"strconv"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// TimeRule is one way to read an event's time.
type TimeRule struct {
	// The field or expression that gives the time.
	From pipeline.Expr `yaml:"from,required,short"`
	// How it is written: rfc3339, unix (seconds), unix_ms, or a layout as Go
	// writes it, such as 2006-01-02 15:04:05.
	Layout string `yaml:"layout"`
	// The time zone of a time that names none, such as Europe/Oslo; UTC if not
	// given. An hour that the clocks repeat in autumn is taken for the later one
	// that is not after the time of receipt, and marked leat.ambiguous_time.
	Zone string `yaml:"zone"`
}

// Validate reports a layout or zone that cannot be used.
func (r TimeRule) Validate() error {
	if _, err := time.LoadLocation(r.Zone); err != nil {
		return pipeline.FieldError("zone", "unknown time zone %q: want a name such as Europe/Oslo", r.Zone)
	}
	switch r.Layout {
	case "", "rfc3339", "unix", "unix_ms":
		return nil
	}
	sample := time.Date(2009, 8, 7, 16, 25, 46, 0, time.UTC)
	if back, err := time.Parse(r.Layout, sample.Format(r.Layout)); err != nil || sample.Format(r.Layout) == r.Layout || back.Year() != 2009 && back.YearDay() != sample.YearDay() {
		return pipeline.FieldError("layout", "want rfc3339, unix, unix_ms or a Go layout such as \"2006-01-02 15:04:05\", got %q", r.Layout)
	}
	return nil
}

// reader reads a time by one rule. ambiguous reports that the local time happens
// twice.
type reader func(e *pipeline.Event) (t time.Time, ambiguous, ok bool, err error)

func newReader(r TimeRule) reader {
	zone, _ := time.LoadLocation(r.Zone)
	return func(e *pipeline.Event) (time.Time, bool, bool, error) {
		text, ok, err := r.From.Text(e)
		if err != nil || !ok {
			return time.Time{}, false, false, err
		}
		t, ambiguous, err := parse(text, r.Layout, zone, e.Received)
		return t, ambiguous, err == nil, nil
	}
}

// parse reads text; received decides between the two readings of an ambiguous
// local time.
func parse(text, layout string, zone *time.Location, received time.Time) (time.Time, bool, error) {
	switch layout {
	case "", "rfc3339":
		t, err := time.Parse(time.RFC3339Nano, text)
		return t, false, err
	case "unix":
		t, err := parseUnix(text, time.Second)
		return t, false, err
	case "unix_ms":
		t, err := parseUnix(text, time.Millisecond)
		return t, false, err
	}
	t, err := time.ParseInLocation(layout, text, zone)
	if err != nil || t.Location() != zone {
		return t, false, err
	}
	t, ambiguous := disambiguate(t, received)
	return t, ambiguous, nil
}

func parseUnix(text string, unit time.Duration) (time.Time, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		if unit == time.Second {
			return time.Unix(n, 0).UTC(), nil
		}
		return time.UnixMilli(n).UTC(), nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f > 1e14 || f < -1e14 {
		return time.Time{}, fmt.Errorf("%q is not a number of seconds or milliseconds", text)
	}
	return time.Unix(0, 0).Add(time.Duration(f * float64(unit))).UTC(), nil
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
