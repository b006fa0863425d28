package rawjson

import (
	"fmt"
	"slices"
)

var errNesting = fmt.Errorf("nested deeper than %d levels", maxNesting)

func appendArray[V any](dst []byte, array []V, depth int) ([]byte, error) {
	switch {
	case array == nil:
		return append(dst, "null"...), nil
	case depth > maxNesting:
		return dst, errNesting
	}
	dst = append(dst, '[')
	for i, v := range array {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendValue(dst, v, depth); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

func appendObject[V any](dst []byte, object map[string]V, depth int) ([]byte, error) {
	switch {
	case object == nil:
		return append(dst, "null"...), nil
	case depth > maxNesting:
		return dst, errNesting
	}
	var room [16]string
	dst = append(dst, '{')
	for i, key := range sortedKeys(room[:0], object) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendString(dst, key), ':')
		var err error
		if dst, err = appendValue(dst, object[key], depth); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

func sortedKeys[V any](keys []string, object map[string]V) []string {
	for key := range object {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
