package rawjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Append appends v as JSON. It encodes what [Decode] gives, the types of
// numbers in Go, []string, map[string]string, time.Time (RFC 3339 with
// nanoseconds), json.Number and json.RawMessage (as it is spelled), and leaves
// all others to encoding/json, without HTML escaping. Keys of maps are sorted;
// nil maps and slices are null.
//
// The error says what cannot be encoded: NaN and infinities, a json.Number or
// json.RawMessage that is not valid, a year JSON times cannot have, nesting
// deeper than 10000 levels (a value that holds itself), and what encoding/json
// refuses. With an error, dst is returned as it was.
func Append(dst []byte, v any) ([]byte, error) {
	out, err := appendValue(dst, v, 0)
	if err != nil {
		return dst, err
	}
	return out, nil
}

func appendValue(dst []byte, v any, depth int) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case string:
		return AppendString(dst, v), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case json.Number:
		return appendNumber(dst, string(v))
	case json.RawMessage:
		return appendRaw(dst, v)
	case time.Time:
		return appendTime(dst, v)
	case []any:
		return appendArray(dst, v, depth+1)
	case []string:
		return appendArray(dst, v, depth+1)
	case map[string]any:
		return appendObject(dst, v, depth+1)
	case map[string]string:
		return appendObject(dst, v, depth+1)
	}
	if out, ok, err := appendGoNumber(dst, v); ok {
		return out, err
	}
	return appendOther(dst, v)
}

func appendNumber(dst []byte, n string) ([]byte, error) {
	b := []byte(n)
	if KindOf(b) != Number || Check(b, 0) != nil || len(whole(b).of(b)) != len(b) {
		return dst, fmt.Errorf("invalid json.Number %q", n)
	}
	return append(dst, n...), nil
}

func appendRaw(dst []byte, raw json.RawMessage) ([]byte, error) {
	if raw == nil {
		return append(dst, "null"...), nil
	}
	if err := Check(raw, maxNesting); err != nil {
		return dst, fmt.Errorf("invalid json.RawMessage: %w", err)
	}
	return append(dst, raw...), nil
}

func appendTime(dst []byte, t time.Time) ([]byte, error) {
	out, err := t.AppendText(append(dst, '"'))
	if err != nil {
		return dst, fmt.Errorf("encode time: %w", err)
	}
	return append(out, '"'), nil
}

func appendOther(dst []byte, v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return dst, err
	}
	return append(dst, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...), nil
}
