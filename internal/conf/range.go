package conf

import (
	"errors"
	"strings"
	"time"
)

// Range is a duration from Min to Max, written 200ms..30s. One duration alone is
// both.
type Range struct {
	Min, Max time.Duration
}

// ParseRange reads a range whose ends are not negative and in order.
func ParseRange(text string) (Range, error) {
	low, high, isRange := strings.Cut(text, "..")
	if !isRange {
		high = low
	}
	from, err1 := time.ParseDuration(strings.TrimSpace(low))
	to, err2 := time.ParseDuration(strings.TrimSpace(high))
	if err1 != nil || err2 != nil || from < 0 || from > to {
		return Range{}, errors.New("not a range such as 200ms..30s, the shorter first")
	}
	return Range{Min: from, Max: to}, nil
}

// String returns the range as it is written.
func (r Range) String() string {
	if r.Min == r.Max {
		return r.Min.String()
	}
	return r.Min.String() + ".." + r.Max.String()
}

// MarshalText writes the range as String does.
func (r Range) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
