package plugins

import (
	"encoding/json"
	"fmt"
	"time"
)

// Event is one event on its way through a plugin.
type Event struct {
	// ID tells copies of the same event apart from other events.
	ID string
	// Key names the entity whose events stay in order, such as a parcel; or "".
	Key string
	// Type is the kind of event in the vendor's words, or "".
	Type string
	// Time is when it happened. Zero: not known; an event that had a time keeps it.
	Time time.Time

	payload  []byte
	replaced bool // the payload is not the one that came
	meta     Metadata
	added    []entry // to the metadata, in this plugin
}

// Metadata is what came with an event beside its payload.
type Metadata interface {
	// Lookup returns a value and whether there is one.
	Lookup(key string) (string, bool)
}

type entry struct{ key, value string }

// NewEvent returns an event as it comes from leat, for tests.
func NewEvent(payload []byte) *Event { return &Event{payload: payload} }

// Payload returns the bytes of the event. They are as they came unless the handler has
// replaced them, and must not be changed in place.
func (e *Event) Payload() []byte { return e.payload }

// SetPayload replaces the payload with bytes of any format.
func (e *Event) SetPayload(b []byte) { e.payload, e.replaced = b, true }

// JSON decodes the payload into v, as [json.Unmarshal] does.
func (e *Event) JSON(v any) error {
	if err := json.Unmarshal(e.payload, v); err != nil {
		return fmt.Errorf("payload is not the JSON that is wanted: %w", err)
	}
	return nil
}

// SetJSON replaces the payload with the JSON of v.
func (e *Event) SetJSON(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return Reject(fmt.Errorf("encode payload: %w", err))
	}
	e.SetPayload(b)
	return nil
}

// Meta returns a metadata value, or "" when there is none. Names carry their origin in
// front: sns.shopId, http.path.
func (e *Event) Meta(key string) string {
	v, _ := e.LookupMeta(key)
	return v
}

// LookupMeta returns a metadata value and whether there is one.
func (e *Event) LookupMeta(key string) (string, bool) {
	for i := len(e.added) - 1; i >= 0; i-- {
		if e.added[i].key == key {
			return e.added[i].value, true
		}
	}
	if e.meta == nil {
		return "", false
	}
	return e.meta.Lookup(key)
}

// SetMeta sets a metadata value on this event and on children made from it later.
func (e *Event) SetMeta(key, value string) {
	e.added = append(e.added[:len(e.added):len(e.added)], entry{key, value})
}

// Child returns an event made from e: same ID, key, type, time and metadata, and the
// payload given. Where a handler returns several events whose ID is still that of e,
// they get #0, #1 and so on behind it.
func (e *Event) Child(payload []byte) *Event {
	c := *e
	c.SetPayload(payload)
	return &c
}
