// Package redact hides the values of secret fields in JSON that is printed.
package redact

import (
	"bytes"

	"github.com/leat-io/leat/internal/rawjson"
)

// Redactor hides the values of fields by name. It may be shared.
type Redactor struct{ names [][]byte }

// hidden takes the place of a value.
const hidden = `"[redacted]"`

const (
	maxDepth = 64
	// maxNested is how often JSON may lie in the text of other JSON.
	maxNested = 4
)

// New returns a redactor of fields with the given names, wherever they are, in
// either casing.
func New(names ...string) *Redactor {
	r := &Redactor{}
	for _, name := range names {
		r.names = append(r.names, []byte(name))
	}
	return r
}

// JSON returns text with the values of the fields replaced by "[redacted]", also in
// JSON that lies in a string, such as the Message of an SNS envelope. Everything else
// stays as it is spelt but for space; text itself is not changed. Of what is not JSON,
// or is nested deeper than 64 levels, no field can be told: it is replaced as a whole,
// and so is JSON in a string in a string that goes deeper than four times.
func (r *Redactor) JSON(text []byte) []byte {
	switch {
	case len(r.names) == 0:
		return text
	case rawjson.Check(text, maxDepth) != nil:
		return []byte(hidden)
	}
	return r.value(nil, text, 0)
}

func (r *Redactor) value(dst, v []byte, nested int) []byte {
	switch rawjson.KindOf(v) {
	case rawjson.Object:
		return r.object(dst, v, nested)
	case rawjson.Array:
		return r.array(dst, v, nested)
	case rawjson.String:
		return r.text(dst, v, nested)
	}
	return append(dst, bytes.TrimSpace(v)...)
}

func (r *Redactor) object(dst, v []byte, nested int) []byte {
	dst = append(dst, '{')
	first := true
	for key, value := range rawjson.Members(v) {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		if dst = append(append(dst, key...), ':'); r.hides(key) {
			dst = append(dst, hidden...)
			continue
		}
		dst = r.value(dst, value, nested)
	}
	return append(dst, '}')
}

func (r *Redactor) array(dst, v []byte, nested int) []byte {
	dst = append(dst, '[')
	first := true
	for item := range rawjson.Elements(v) {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = r.value(dst, item, nested)
	}
	return append(dst, ']')
}

// text appends a string, which may hold an object or a list as JSON.
func (r *Redactor) text(dst, v []byte, nested int) []byte {
	inner := rawjson.AppendText(nil, v)
	switch kind := rawjson.KindOf(inner); {
	case kind != rawjson.Object && kind != rawjson.Array || rawjson.Check(inner, maxDepth) != nil:
		return append(dst, bytes.TrimSpace(v)...)
	case nested == maxNested:
		return append(dst, hidden...)
	}
	redacted := r.value(nil, inner, nested+1)
	if bytes.Equal(redacted, rawjson.Compact(nil, inner)) {
		return append(dst, bytes.TrimSpace(v)...)
	}
	return rawjson.AppendString(dst, string(redacted))
}

func (r *Redactor) hides(key []byte) bool {
	name := rawjson.AppendText(nil, key)
	for _, n := range r.names {
		if bytes.EqualFold(name, n) {
			return true
		}
	}
	return false
}
