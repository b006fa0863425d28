package conf

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes, written 64KiB, 1MiB, 10MB or without a unit.
type Size int64

var sizeUnits = []struct {
	name  string
	bytes float64
}{
	{"tib", 1 << 40}, {"gib", 1 << 30}, {"mib", 1 << 20}, {"kib", 1 << 10},
	{"tb", 1e12}, {"gb", 1e9}, {"mb", 1e6}, {"kb", 1e3}, {"b", 1},
}

var errSize = errors.New("not a size such as 64KiB, 1MiB or 10MB")

// ParseSize reads a size. Upper and lower case do not matter: nobody measures
// memory in bits.
func ParseSize(text string) (Size, error) {
	number, unit := strings.ToLower(text), 1.0
	for _, u := range sizeUnits {
		if rest, ok := strings.CutSuffix(number, u.name); ok {
			number, unit = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	if number == "" || strings.Trim(number, "0123456789.") != "" {
		return 0, errSize
	}
	count, err := strconv.ParseFloat(number, 64)
	if bytes := count * unit; err == nil && bytes < math.MaxInt64 {
		return Size(bytes), nil
	}
	return 0, errSize
}

// String returns the size in the largest unit that needs no fraction.
func (s Size) String() string {
	for _, u := range []struct {
		name  string
		bytes Size
	}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if s >= u.bytes && s%u.bytes == 0 {
			return strconv.FormatInt(int64(s/u.bytes), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}

// MarshalText writes the size as String does.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
