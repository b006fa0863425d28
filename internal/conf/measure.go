package conf

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// measure fills what has a unit: a duration, a size or a range of durations.
func (d *decoder) measure(n *Node, v reflect.Value) {
	var err error
	what := wantDuration
	switch v.Type() {
	case durationType:
		var duration time.Duration
		if duration, err = time.ParseDuration(n.Value); err == nil {
			v.SetInt(int64(duration))
		}
	case sizeType:
		what = wantSize
		var size Size
		if size, err = ParseSize(n.Value); err == nil {
			v.SetInt(int64(size))
		}
	case rangeType:
		what = wantRange
		var r Range
		if r, err = ParseRange(n.Value); err == nil {
			v.Set(reflect.ValueOf(r))
		}
	}
	if n.Kind == Scalar && err == nil {
		return
	}
	d.want(n, what).Hint = measureHint(n, v.Type())
}

const (
	wantDuration = "a duration such as 30s, 5m or 120h"
	wantSize     = "a size such as 64KiB, 1MiB or 10MB"
	wantRange    = "a duration such as 5s, or a range such as 200ms..30s"
)

var (
	bareNumber = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?$`)
	days       = regexp.MustCompile(`^([0-9]{1,6})d$`)
)

// measureHint shows what was meant, unless that would print a value from outside
// the file.
func measureHint(n *Node, t reflect.Type) string {
	if n.Kind != Scalar || n.Value != n.Raw {
		return ""
	}
	if t == rangeType {
		if low, high, ok := strings.Cut(n.Value, "-"); ok && low != "" && high != "" {
			return "write two dots between the two: " + low + ".." + high
		}
	}
	if t == sizeType {
		return ""
	}
	if bareNumber.MatchString(n.Value) {
		return "write " + n.Value + "s if you mean seconds"
	}
	if match := days.FindStringSubmatch(n.Value); match != nil {
		count, _ := strconv.Atoi(match[1])
		return "write days as hours: " + strconv.Itoa(count*24) + "h"
	}
	return ""
}
