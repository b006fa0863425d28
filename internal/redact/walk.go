package redact

import (
	"bytes"

	"github.com/leat-io/leat/internal/rawjson"
)

// walk is one way through a text.
type walk struct {
	*Redactor
	values Values // that were hidden
	found  bool
}

func (w *walk) value(dst, v []byte, nested int) []byte {
	switch rawjson.KindOf(v) {
	case rawjson.Object:
		return w.object(dst, v, nested)
	case rawjson.Array:
		return w.array(dst, v, nested)
	case rawjson.String:
		return w.text(dst, v, nested)
	}
	return append(dst, bytes.TrimSpace(v)...)
}

func (w *walk) object(dst, v []byte, nested int) []byte {
	dst = append(dst, '{')
	first := true
	for key, value := range rawjson.Members(v) {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		if dst = append(append(dst, key...), ':'); w.Hides(string(rawjson.AppendText(nil, key))) {
			dst = w.hide(dst, value)
			continue
		}
		dst = w.value(dst, value, nested)
	}
	return append(dst, '}')
}

func (w *walk) array(dst, v []byte, nested int) []byte {
	dst = append(dst, '[')
	first := true
	for item := range rawjson.Elements(v) {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = w.value(dst, item, nested)
	}
	return append(dst, ']')
}

// text appends a string, which may hold an object or a list as JSON.
func (w *walk) text(dst, v []byte, nested int) []byte {
	inner := rawjson.AppendText(nil, v)
	kind := rawjson.KindOf(inner)
	if kind != rawjson.Object && kind != rawjson.Array {
		return append(dst, bytes.TrimSpace(v)...)
	}
	broken := rawjson.Check(inner, maxDepth) != nil
	switch {
	case broken && !w.mentionedIn(inner):
		return append(dst, bytes.TrimSpace(v)...)
	case broken || nested == maxNested:
		return w.hide(dst, v)
	}
	redacted := w.value(nil, inner, nested+1)
	if bytes.Equal(redacted, rawjson.Compact(nil, inner)) {
		return append(dst, bytes.TrimSpace(v)...)
	}
	return rawjson.AppendString(dst, string(redacted))
}

// hide appends what takes the place of v.
func (w *walk) hide(dst, v []byte) []byte {
	w.found = true
	w.values = w.values.of(v)
	return append(dst, hidden...)
}
