// Package redact hides the values of secret fields in what is printed or written down.
package redact

import (
	"bytes"

	"github.com/leat-io/leat/internal/rawjson"
)

// Redactor hides the values of fields by name. It may be shared.
type Redactor struct{ names [][]byte }

// hidden takes the place of a value, Text that of one in other text.
const (
	Text   = "[redacted]"
	hidden = `"` + Text + `"`
)

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

// Idle reports whether there are no fields to hide.
func (r *Redactor) Idle() bool { return len(r.names) == 0 }

// JSON returns text with the values of the fields replaced by "[redacted]", also in
// JSON that lies in a string, such as the Message of an SNS envelope. Everything else
// stays as it is spelt but for space; text itself is not changed. Of what is not JSON,
// or is nested deeper than 64 levels, no field can be told: it is replaced as a whole.
// So is JSON in a string in a string that goes deeper than four times, and a string that
// begins like JSON, is none and contains one of the names.
func (r *Redactor) JSON(text []byte) []byte {
	switch {
	case r.Idle():
		return text
	case rawjson.Check(text, maxDepth) != nil:
		return []byte(hidden)
	}
	w := walk{Redactor: r}
	return w.value(nil, text, 0)
}

// Find is [Redactor.JSON] for text that may be anything: it stays as it is, byte for
// byte, unless it has one of the fields, and what is not JSON unless it contains one of
// the names, in either casing. The values are those that were hidden.
func (r *Redactor) Find(text []byte) (out []byte, values Values, found bool) {
	switch {
	case r.Idle():
		return text, nil, false
	case rawjson.Check(text, maxDepth) == nil:
		w := walk{Redactor: r}
		if out := w.value(nil, text, 0); w.found {
			return out, w.values, true
		}
	case r.mentionedIn(text):
		return []byte(hidden), Values{}.with(string(text)), true
	}
	return text, nil, false
}

// Hides reports whether a field of this name is hidden.
func (r *Redactor) Hides(name string) bool {
	for _, n := range r.names {
		if bytes.EqualFold([]byte(name), n) {
			return true
		}
	}
	return false
}

func (r *Redactor) mentionedIn(text []byte) bool {
	lower := bytes.ToLower(text)
	for _, n := range r.names {
		if bytes.Contains(lower, bytes.ToLower(n)) {
			return true
		}
	}
	return false
}
