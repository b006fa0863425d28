package rawjson

import (
	"encoding/json"
	"strconv"
)

// maxNesting is how deep values may be nested in what Decode and Append work
// on, as in encoding/json.
const maxNesting = 10000

// Decode returns the value of b as encoding/json would decode it to an any,
// except for numbers. Integers that fit are int64, so that identifiers keep all
// their digits; larger ones are json.Number. Numbers with a fraction or an
// exponent are float64, or json.Number outside of its range.
//
// Decode checks b again, which costs little beside the memory it has to
// allocate, and returns a *[SyntaxError] if b is not valid.
func Decode(b []byte) (any, error) {
	if err := Check(b, maxNesting); err != nil {
		return nil, err
	}
	v, _ := decodeValue(b, skipSpace(b, 0))
	return v, nil
}

// decodeValue decodes the value that begins at i and returns its end.
func decodeValue(b []byte, i int) (any, int) {
	switch b[i] {
	case '{':
		return decodeObject(b, i)
	case '[':
		return decodeArray(b, i)
	}
	end := skipValue(b, i)
	switch b[i] {
	case '"':
		return Text(b[i:end]), end
	case 't', 'f':
		return b[i] == 't', end
	case 'n':
		return nil, end
	}
	return decodeNumber(b[i:end]), end
}

func decodeObject(b []byte, i int) (map[string]any, int) {
	object := map[string]any{}
	i = skipSpace(b, i+1)
	for b[i] != '}' {
		end := skipValue(b, i)
		key := Text(b[i:end])
		i = skipSpace(b, skipSpace(b, end)+1) // one for the colon
		object[key], i = decodeValue(b, i)
		i = nextItem(b, i)
	}
	return object, i + 1
}

func decodeArray(b []byte, i int) ([]any, int) {
	array := []any{}
	i = skipSpace(b, i+1)
	for b[i] != ']' {
		var v any
		v, i = decodeValue(b, i)
		array = append(array, v)
		i = nextItem(b, i)
	}
	return array, i + 1
}

// nextItem goes from the end of a value to the next one in its container, or
// to the closing bracket.
func nextItem(b []byte, i int) int {
	i = skipSpace(b, i)
	if b[i] == ',' {
		i = skipSpace(b, i+1)
	}
	return i
}

func decodeNumber(raw []byte) any {
	if isInteger(raw) {
		if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
			return n
		}
		return json.Number(raw)
	}
	if n, err := strconv.ParseFloat(string(raw), 64); err == nil {
		return n
	}
	return json.Number(raw)
}

func isInteger(raw []byte) bool {
	for _, c := range raw {
		if c != '-' && !isDigit(c) {
			return false
		}
	}
	return true
}
