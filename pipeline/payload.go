package pipeline

import (
	"errors"
	"fmt"

	"github.com/leat-io/leat/internal/rawjson"
)

// MaxDepth is how deep JSON may be nested when no stage says otherwise.
const MaxDepth = 64

// payload is the content of an event in up to two forms. The bytes are what
// came in, and what leaves as long as nobody changed them; the decoded value is
// made when somebody needs more than single fields.
type payload struct {
	raw     []byte
	value   any
	checked bool // raw is valid JSON: fields can be read from it
	decoded bool // value holds what raw says
	stale   bool // value is newer than raw
	indexed bool // fields is the index of raw
	fields  rawjson.Fields
}

// Bytes returns the payload as bytes: those that came in when nobody changed
// the event, else the JSON of its value. Treat them as read-only.
func (e *Event) Bytes() ([]byte, error) {
	p := &e.payload
	if !p.stale {
		return p.raw, nil
	}
	raw, err := rawjson.Append(nil, p.value)
	if err != nil {
		return nil, Reject(fmt.Errorf("encode payload: %w", err))
	}
	p.raw, p.stale, p.checked = raw, false, true
	return raw, nil
}

// SetBytes replaces the payload with bytes of any format.
func (e *Event) SetBytes(raw []byte) { e.payload = payload{raw: raw} }

// SetJSON replaces the payload with bytes that the caller knows to be valid
// JSON, see [Event.CheckJSON].
func (e *Event) SetJSON(raw []byte) { e.payload = payload{raw: raw, checked: true} }

// SetValue replaces the payload with a decoded value: nil, bool, string, the Go
// numbers, []any, map[string]any.
func (e *Event) SetValue(v any) { e.payload = payload{value: v, decoded: true, stale: true} }

// SetDecoded says what the bytes of the payload mean when they are not JSON.
// Fields are read from v; as long as nobody changes the event, the bytes leave
// as they are.
func (e *Event) SetDecoded(v any) {
	e.payload.value, e.payload.decoded, e.payload.checked = v, true, false
}

// CheckJSON makes sure that the payload is JSON nested at most maxDepth levels,
// or returns a permanent error that names the place.
func (e *Event) CheckJSON(maxDepth int) error {
	p := &e.payload
	if p.checked || p.decoded {
		return nil
	}
	p.fields = rawjson.Fields{} // another event may share the old index
	if err := p.fields.CheckIndex(p.raw, maxDepth); err != nil {
		return Reject(fmt.Errorf("payload is not JSON: %w", err))
	}
	p.checked, p.indexed = true, true
	return nil
}

// IsJSON reports whether the payload's bytes are JSON.
func (e *Event) IsJSON() bool {
	p := &e.payload
	if p.stale || p.checked || p.decoded {
		return p.stale || p.checked
	}
	return e.CheckJSON(MaxDepth) == nil
}

// Value returns the decoded payload. Treat it as read-only: change the event
// with [Event.SetValue] or [Event.Set].
func (e *Event) Value() (any, error) {
	p := &e.payload
	if p.decoded {
		return p.value, nil
	}
	if err := e.CheckJSON(MaxDepth); err != nil {
		return nil, err
	}
	v, err := rawjson.Decode(p.raw)
	if err != nil {
		return nil, Reject(fmt.Errorf("decode payload: %w", err))
	}
	p.value, p.decoded = v, true
	return v, nil
}

// Raw returns the JSON of the field at path, nil when there is none. Where the
// payload is JSON this is a slice of its bytes and costs no decoding.
func (e *Event) Raw(path Path) ([]byte, error) {
	p := &e.payload
	if p.checked {
		return p.find(path), nil
	}
	if !p.decoded {
		if err := e.CheckJSON(MaxDepth); err != nil {
			return nil, err
		}
		return p.find(path), nil
	}
	v, ok := path.walk(p.value)
	if !ok {
		return nil, nil
	}
	return rawjson.Append(nil, v)
}

func (p *payload) find(path Path) []byte {
	if !p.indexed {
		p.fields, p.indexed = rawjson.Fields{}, true
		p.fields.Index(p.raw)
	}
	v, _ := p.fields.Find(path.raw)
	return v
}

// Get returns the decoded field at path, nil when there is none or it is null.
func (e *Event) Get(path Path) (any, error) {
	if p := &e.payload; p.decoded && !p.checked {
		v, _ := path.walk(p.value)
		return v, nil
	}
	raw, err := e.Raw(path)
	if raw == nil || err != nil {
		return nil, err
	}
	return rawjson.Decode(raw)
}

// Text returns the field at path as text: a string's characters, the spelling
// of a number or boolean, the JSON of anything else. The second result is false
// when there is no such field, or it is null.
func (e *Event) Text(path Path) (string, bool, error) {
	raw, err := e.Raw(path)
	if err != nil || raw == nil || rawjson.KindOf(raw) == rawjson.Null {
		return "", false, err
	}
	return rawjson.Text(raw), true, nil
}

// Set changes the field at path. Where the payload is JSON every byte outside
// that field stays as it is.
func (e *Event) Set(path Path, v any) error {
	value, err := rawjson.Append(nil, v)
	if err != nil {
		return Reject(fmt.Errorf("set %s: %w", path, err))
	}
	return e.edit(path, func(raw []byte) ([]byte, error) { return rawjson.Set(raw, path.raw, value) })
}

// Delete removes the field at path; that it is not there is no error.
func (e *Event) Delete(path Path) error {
	return e.edit(path, func(raw []byte) ([]byte, error) {
		out, _ := rawjson.Delete(raw, path.raw)
		return out, nil
	})
}

// Rename gives the field at path another name in the same object.
func (e *Event) Rename(path Path, name string) error {
	return e.edit(path, func(raw []byte) ([]byte, error) {
		out, _ := rawjson.RenameKey(raw, path.raw, name)
		return out, nil
	})
}

// edit applies f to the payload as JSON.
func (e *Event) edit(path Path, f func([]byte) ([]byte, error)) error {
	raw, err := e.asJSON()
	if err != nil {
		return err
	}
	out, err := f(raw)
	if err != nil {
		return Reject(fmt.Errorf("change %s: %w", path, err))
	}
	e.SetJSON(out)
	return nil
}

// asJSON returns the payload as JSON, made from the decoded value where the
// bytes are of another format.
func (e *Event) asJSON() ([]byte, error) {
	if p := &e.payload; p.decoded && !p.checked {
		return rawjson.Append(nil, p.value)
	}
	if err := e.CheckJSON(MaxDepth); err != nil {
		return nil, err
	}
	return e.payload.raw, nil
}

// errNoPath is returned for a path that does not start at the body.
var errNoPath = errors.New(`a field path starts with "body", as in body.eventType.apiKey`)
