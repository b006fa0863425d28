package rawjson

import (
	"bytes"
	"encoding/json"
	"math/big"
	"testing"
)

// What the fuzz targets compare with: the same operations on values that
// encoding/json has decoded.

// depthOf counts the levels of text that json.Valid accepts.
func depthOf(b []byte) int {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	depth, deepest := 0, 0
	for {
		tok, err := dec.Token()
		if err != nil {
			return deepest
		}
		switch tok {
		case json.Delim('['), json.Delim('{'):
			depth++
			deepest = max(deepest, depth)
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
	}
}

func reference(t *testing.T, b []byte) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("encoding/json refuses %q: %v", b, err)
	}
	return v
}

// walk is Find on decoded values.
func walk(v any, steps []any) (any, bool) {
	for _, s := range steps {
		switch s := s.(type) {
		case string:
			object, _ := v.(map[string]any)
			member, ok := object[s]
			if !ok {
				return nil, false
			}
			v = member
		case int:
			array, _ := v.([]any)
			if s < 0 || s >= len(array) {
				return nil, false
			}
			v = array[s]
		}
	}
	return v, true
}

// sameValue compares what Decode gives with what a json.Decoder using Number
// gives.
func sameValue(got, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok || len(object) != len(want) {
			return false
		}
		for key, v := range want {
			if member, ok := object[key]; !ok || !sameValue(member, v) {
				return false
			}
		}
		return true
	case []any:
		array, ok := got.([]any)
		if !ok || len(array) != len(want) {
			return false
		}
		for i, v := range want {
			if !sameValue(array[i], v) {
				return false
			}
		}
		return true
	case json.Number:
		return sameNumber(got, want)
	}
	return got == want
}

func sameNumber(got any, want json.Number) bool {
	switch got := got.(type) {
	case int64:
		exact, ok := new(big.Int).SetString(string(want), 10)
		if !ok {
			// A float written without a fraction is read back as an integer.
			float, err := want.Float64()
			return err == nil && float == float64(got)
		}
		return exact.IsInt64() && exact.Int64() == got
	case float64:
		float, err := want.Float64()
		return err == nil && float == got
	case json.Number:
		if got == want {
			return true
		}
		a, errA := got.Float64()
		b, errB := want.Float64()
		return errA == nil && errB == nil && a == b
	}
	return false
}

// setIn is Set on decoded values.
func setIn(v any, steps []any, value any) (any, bool) {
	if len(steps) == 0 {
		return value, true
	}
	switch s := steps[0].(type) {
	case string:
		object, ok := v.(map[string]any)
		if v == nil {
			object, ok = map[string]any{}, true
		}
		if !ok {
			return nil, false
		}
		object[s], ok = setIn(object[s], steps[1:], value)
		return object, ok
	case int:
		array, ok := v.([]any)
		if !ok || s < 0 || s > len(array) {
			return nil, false
		}
		if s == len(array) {
			array = append(array, nil)
		}
		array[s], ok = setIn(array[s], steps[1:], value)
		return array, ok
	}
	return nil, false
}

func deleteIn(v any, steps []any) any {
	if s, ok := steps[0].(string); ok {
		object := v.(map[string]any)
		if len(steps) == 1 {
			delete(object, s)
		} else {
			object[s] = deleteIn(object[s], steps[1:])
		}
		return object
	}
	array, i := v.([]any), steps[0].(int)
	if len(steps) == 1 {
		return append(array[:i], array[i+1:]...)
	}
	array[i] = deleteIn(array[i], steps[1:])
	return array
}
