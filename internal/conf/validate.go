package conf

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// FieldError is an error of a Validate method that belongs to one setting. It is
// reported at the value of that setting. A dotted name reaches further down, as
// in retry.backoff or stations[2].zone.
func FieldError(field, format string, args ...any) error {
	return &fieldError{field: field, err: fmt.Errorf(format, args...)}
}

type fieldError struct {
	field string
	err   error
}

func (e *fieldError) Error() string { return e.field + ": " + e.err.Error() }
func (e *fieldError) Unwrap() error { return e.err }

// validate asks the struct, and the structs inlined in it, whether their settings
// agree with each other.
func (d *decoder) validate(n *Node, v reflect.Value) {
	for i := range v.NumField() {
		if tag := v.Type().Field(i).Tag.Get("yaml"); strings.HasSuffix(tag, ",inline") {
			d.validate(n, v.Field(i))
		}
	}
	if !v.Addr().CanInterface() {
		return
	}
	if checked, ok := v.Addr().Interface().(interface{ Validate() error }); ok {
		d.invalid(n, checked.Validate())
	}
}

// invalid reports an error of Validate, or each of several joined ones.
func (d *decoder) invalid(n *Node, err error) {
	if err == nil {
		return
	}
	if joined := parts(err); joined != nil {
		for _, part := range joined {
			d.invalid(n, part)
		}
		return
	}
	place, msg := n, err.Error()
	var field *fieldError
	if errors.As(err, &field) {
		place = n.settingNode(field.field)
	} else {
		msg = label(n) + msg
	}
	d.problem(place, scrub(n, msg))
}

// Invalid reports an error at n as if a Validate method had returned it: that of
// a [FieldError] at its setting.
func (p *Problems) Invalid(n *Node, err error) { (&decoder{p: p}).invalid(n, err) }

// parts takes an errors.Join apart. An error that wraps several and adds words
// of its own stays whole.
func parts(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || errors.Join(joined.Unwrap()...).Error() != err.Error() {
		return nil
	}
	return joined.Unwrap()
}

// settingNode returns the value at a dotted name, with numbers in brackets for the items
// of lists, or what there is of the way to it: at least n.
func (n *Node) settingNode(name string) *Node {
	at := n
	for key := range strings.SplitSeq(strings.ReplaceAll(name, "[", ".["), ".") {
		next := at.child(key)
		if next == nil || next.Kind == Null {
			return at
		}
		at = next
	}
	return at
}

// child returns the value of a map at key, or the item of a list at [key].
func (n *Node) child(key string) *Node {
	digits, isIndex := strings.CutPrefix(key, "[")
	if !isIndex {
		return n.Get(key)
	}
	i, err := strconv.Atoi(strings.TrimSuffix(digits, "]"))
	if err != nil || i < 0 || i >= len(n.Items) {
		return nil
	}
	return n.Items[i]
}
