package pipeline

import (
	"iter"
)

// Names under which an event's identity travels with it, where the transport
// has room for them.
const (
	HeaderID   = "leat.id"
	HeaderKey  = "leat.key"
	HeaderTime = "leat.time"
	HeaderType = "leat.type"
)

// headers yields what identifies the event, without what it does not have.
func (e *Event) headers() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, h := range [...][2]string{
			{HeaderID, e.ID}, {HeaderKey, e.Key}, {HeaderTime, e.TimeText()}, {HeaderType, e.Type},
		} {
			if h[1] != "" && !yield(h[0], h[1]) {
				return
			}
		}
	}
}

// Headers yields the event's identity and marks, as transports send them along:
// leat.id, leat.key, leat.time, leat.type, leat.late and so on.
func (e *Event) Headers() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for k, v := range e.headers() {
			if !yield(k, v) {
				return
			}
		}
		for k, v := range e.AllMeta() {
			if len(k) > 5 && k[:5] == "leat." && !yield(k, v) {
				return
			}
		}
	}
}

// TimeLayout is how times are written: RFC 3339 in UTC with milliseconds.
const TimeLayout = "2006-01-02T15:04:05.000Z"

// TimeText returns the event's time in [TimeLayout], or "" when it has none.
func (e *Event) TimeText() string {
	if e.Time.IsZero() {
		return ""
	}
	return e.Time.UTC().Format(TimeLayout)
}
