package conf

import (
	"math"
	"reflect"
	"regexp"
	"strconv"
)

func (d *decoder) any(n *Node, v reflect.Value) {
	if n.isBroken() {
		d.wrong++
		return
	}
	if value := n.Any(); value != nil {
		v.Set(reflect.ValueOf(value))
	}
}

// Any returns the node as plain Go values: nil, bool, int64, float64, string,
// []any and map[string]any. Quoted text and text that was expanded stay strings,
// and so does a number that would lose digits, such as a long parcel number or
// one with leading zeros.
func (n *Node) Any() any {
	switch {
	case n == nil || n.Kind == Null:
		return nil
	case n.Kind == Map:
		values := make(map[string]any, len(n.Fields))
		for _, f := range n.Fields {
			values[f.Key.Value] = f.Value.Any()
		}
		return values
	case n.Kind == List:
		values := make([]any, len(n.Items))
		for i, item := range n.Items {
			values[i] = item.Any()
		}
		return values
	case n.Plain && n.Value == n.Raw:
		return plain(n.Value)
	}
	return n.Value
}

var (
	wholeNumber   = regexp.MustCompile(`^[+-]?(0|[1-9][0-9]*)$`)
	decimalNumber = regexp.MustCompile(`^[+-]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)
)

// plain finds what an unquoted scalar looks like.
func plain(text string) any {
	switch {
	case text == "true" || text == "false":
		return text == "true"
	case wholeNumber.MatchString(text):
		if number, err := strconv.ParseInt(text, 10, 64); err == nil {
			return number
		}
	case decimalNumber.MatchString(text):
		if number, err := strconv.ParseFloat(text, 64); err == nil && !math.IsInf(number, 0) {
			return number
		}
	}
	return text
}
