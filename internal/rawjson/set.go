package rawjson

import (
	"fmt"
	"slices"
)

// Set returns b with value at p; every byte outside of that place stays as it
// is. Of duplicate keys the last is set. Where p leads through an object that
// lacks the key, the member is added behind the others, with objects for the
// remaining steps; a null on the way counts as missing and becomes an object.
// An index may be one behind the last element and then appends.
//
// The error names the step that cannot be taken: a key in what is not an
// object, an index in what is not an array or beyond its end. value must be
// JSON, or that is the error. b must have passed [Check].
func Set(b []byte, p Path, value []byte) ([]byte, error) {
	if err := Check(value, maxNesting); err != nil {
		return nil, fmt.Errorf("set %s: new value: %w", nameOf(p.steps), err)
	}
	value = whole(value).of(value)
	at := whole(b)
	for n := range p.steps {
		next, ok := find(b, at, p.steps[n:n+1])
		if !ok {
			return setMissing(b, at, p.steps, n, value)
		}
		at = next
	}
	return splice(b, at, value), nil
}

// setMissing sets what step n does not find in the value at the given place.
func setMissing(b []byte, at span, steps []step, n int, value []byte) ([]byte, error) {
	s, kind := steps[n], KindOf(at.of(b))
	made, err := newMembers(steps, n+1, value)
	if err != nil {
		return nil, err
	}
	switch {
	case kind == Object && !s.isIndex:
		return insert(b, lastMember(b, at.start), appendMember(nil, s.key, made)), nil
	case kind == Null && !s.isIndex:
		made = append(appendMember([]byte{'{'}, s.key, made), '}')
		return splice(b, at, made), nil
	case kind == Array && s.isIndex:
		if count := CountElements(at.of(b)); s.index != count {
			return nil, fmt.Errorf("set %s: index %d is outside of an array of %d elements", nameOf(steps), s.index, count)
		}
		return insert(b, lastElement(b, at.start), made), nil
	}
	want := Object
	if s.isIndex {
		want = Array
	}
	return nil, fmt.Errorf("set %s: want an %s at %s, found kind %s", nameOf(steps), want, nameOf(steps[:n]), kind)
}

// newMembers wraps value in an object for each step from n on.
func newMembers(steps []step, n int, value []byte) ([]byte, error) {
	for i := len(steps) - 1; i >= n; i-- {
		if steps[i].isIndex {
			return nil, fmt.Errorf("set %s: there is no array at %s", nameOf(steps), nameOf(steps[:i]))
		}
	}
	var made []byte
	for _, s := range steps[n:] {
		made = append(AppendString(append(made, '{'), s.key), ':')
	}
	made = append(made, value...)
	for range steps[n:] {
		made = append(made, '}')
	}
	return made, nil
}

func appendMember(dst []byte, key string, value []byte) []byte {
	return append(append(AppendString(dst, key), ':'), value...)
}

// nameOf is the path for use in messages.
func nameOf(steps []step) string {
	if len(steps) == 0 {
		return "the top level"
	}
	return stepsString(steps)
}

// splice returns b with other text at the given place.
func splice(b []byte, at span, text []byte) []byte {
	return slices.Concat(b[:at.start], text, b[at.end:])
}

// insert puts an item behind the last one of a container, or first in an empty
// one.
func insert(b []byte, last span, item []byte) []byte {
	if last.start < last.end {
		return slices.Concat(b[:last.end], []byte{','}, item, b[last.end:])
	}
	return slices.Concat(b[:last.end], item, b[last.end:])
}

// lastMember is the place of the last value of the object that opens there; if
// it has none, the empty place just behind the brace.
func lastMember(b []byte, open int) span {
	last := span{open + 1, open + 1}
	for m, ok := nextMember(b, open+1); ok; m, ok = nextMember(b, m.value.end) {
		last = m.value
	}
	return last
}

func lastElement(b []byte, open int) span {
	last := span{open + 1, open + 1}
	for e, ok := nextElement(b, open+1); ok; e, ok = nextElement(b, e.end) {
		last = e
	}
	return last
}
