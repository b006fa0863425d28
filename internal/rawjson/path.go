package rawjson

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Path says where in a JSON text a value lies: object keys and array indexes
// from the outside in. The zero Path is the whole text. A Path is immutable
// and may be shared.
type Path struct{ steps []step }

// step is a key, or an index if isIndex.
type step struct {
	key     string
	index   int
	isIndex bool
	fold    []byte // the key again, if it matches in either casing; else nil
}

// NewPath returns the path of the given steps: a string is an object's key, an
// int an array's index. A negative index is never found. Bytes of a key that
// are not valid UTF-8 become U+FFFD, as no JSON text could hold them. NewPath
// panics on a step of another type.
func NewPath(steps ...any) Path {
	p := Path{steps: make([]step, len(steps))}
	for i, s := range steps {
		switch s := s.(type) {
		case string:
			p.steps[i].key = validText(s)
		case int:
			p.steps[i] = step{index: s, isIndex: true}
		default:
			panic(fmt.Sprintf("rawjson: step %d of a path is a %T, want a string or an int", i, s))
		}
	}
	return p
}

func validText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

// Len returns the number of steps.
func (p Path) Len() int { return len(p.steps) }

// Steps returns the steps as NewPath takes them, in a new slice.
func (p Path) Steps() []any {
	steps := make([]any, len(p.steps))
	for i, s := range p.steps {
		if steps[i] = s.key; s.isIndex {
			steps[i] = s.index
		}
	}
	return steps
}

// String returns the path as ParsePath reads it, with quotes only around the
// keys that need them. The zero Path is the empty string.
func (p Path) String() string { return stepsString(p.steps) }

func stepsString(steps []step) string {
	var text strings.Builder
	for _, s := range steps {
		switch {
		case s.isIndex:
			text.WriteString("[" + strconv.Itoa(s.index) + "]")
		case !isBareKey(s.key):
			text.WriteString("[" + string(AppendString(nil, s.key)) + "]")
		case text.Len() > 0:
			text.WriteString("." + s.key)
		default:
			text.WriteString(s.key)
		}
	}
	return text.String()
}

func isBareKey(key string) bool {
	return key != "" && !slices.ContainsFunc([]byte(key), func(c byte) bool { return !isBare(c) })
}

// isBare tells whether a key with this byte in it may stand without quotes.
func isBare(c byte) bool {
	return c >= utf8.RuneSelf || c == '_' || c == '-' || isDigit(c) || c|0x20-'a' < 26
}
