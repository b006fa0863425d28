package rawjson

import (
	"fmt"
	"unicode/utf8"
)

// SyntaxError is the first thing wrong in a JSON text.
type SyntaxError struct {
	// Offset is where it is wrong, in bytes from 0. It is the length of the
	// text if the text ends too early.
	Offset int
	// Msg says what is wrong, without the place.
	Msg string
}

const emptyInput = "empty input, want a JSON value"

// Error returns the message and, unless the input is empty, the place.
func (e *SyntaxError) Error() string {
	if e.Msg == emptyInput {
		return e.Msg
	}
	return fmt.Sprintf("%s at byte %d", e.Msg, e.Offset)
}

// A fault is where in the grammar a text went wrong; the checking functions
// return it with an offset, and the words are put together only on failure.
// The empty fault means that all is well.
type fault string

const (
	atValue       fault = "looking for beginning of value"
	atKey         fault = "looking for beginning of object key string"
	afterKey      fault = "after object key"
	afterMember   fault = "after object key:value pair"
	afterElement  fault = "after array element"
	afterDocument fault = "after top-level value"
	inString      fault = "in string literal"
	inEscape      fault = "in string escape code"
	inHexEscape   fault = `in \u hexadecimal character escape`
	inNumber      fault = "in numeric literal"
	inTrue        fault = "in literal true"
	inFalse       fault = "in literal false"
	inNull        fault = "in literal null"
	tooDeep       fault = "nested too deep"
)

func (f fault) at(b []byte, i, maxDepth int) *SyntaxError {
	return &SyntaxError{Offset: i, Msg: f.message(b, i, maxDepth)}
}

func (f fault) message(b []byte, i, maxDepth int) string {
	if f == tooDeep {
		return fmt.Sprintf("nested deeper than %d levels", maxDepth)
	}
	if i >= len(b) {
		if skipSpace(b, 0) >= len(b) {
			return emptyInput
		}
		return "unexpected end of input " + string(f)
	}
	r, size := utf8.DecodeRune(b[i:])
	if r == utf8.RuneError && size == 1 {
		return "invalid UTF-8"
	}
	return fmt.Sprintf("invalid character %s %s", quoteRune(r), f)
}

// quoteRune spells the two quotes without the backslashes of Go syntax.
func quoteRune(r rune) string {
	switch r {
	case '\'':
		return `"'"`
	case '"':
		return `'"'`
	}
	return fmt.Sprintf("%q", r)
}
