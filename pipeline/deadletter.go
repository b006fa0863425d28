package pipeline

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/leat-io/leat/internal/rawjson"
)

// DeadLetterVersion is the version of the format of [DeadLetter].
const DeadLetterVersion = 1

// DeadLetter is what is written about an event that could not be handled: one
// JSON object. A replay puts the payload into the stage or sink that failed.
type DeadLetter struct {
	Version     int       `json:"v"`
	Time        time.Time `json:"time"` // when it was given up
	Flow        string    `json:"flow"`
	Stage       string    `json:"stage,omitempty"` // the address of the stage that failed, or
	Sink        string    `json:"sink,omitempty"`  // the sink
	Error       string    `json:"error"`
	Attempts    int       `json:"attempts"`
	FirstFailed time.Time `json:"first_failed"`
	// Received is when the source got the event.
	Received  *time.Time        `json:"received,omitempty"`
	ID        string            `json:"id"`
	Key       string            `json:"key,omitempty"`
	Type      string            `json:"type,omitempty"`
	EventTime *time.Time        `json:"event_time,omitempty"`
	Meta      map[string]string `json:"meta,omitempty"`
	// Payload holds the bytes that reached the stage or sink; PayloadBase64
	// instead when they are not UTF-8.
	Payload       *string `json:"payload,omitempty"`
	PayloadBase64 []byte  `json:"payload_base64,omitempty"`
	// Original holds the bytes that the source gave, where they are others. The
	// part of a split has none: its payload is a piece of the original.
	Original       *string `json:"original,omitempty"`
	OriginalBase64 []byte  `json:"original_base64,omitempty"`
	// Part says that the event is a part of a split.
	Part bool `json:"part,omitempty"`
	// Redacted says that "[redacted]" stands in the letter in place of secrets: the
	// values of fields that a preset or on_error names under redact. A replay does
	// without them.
	Redacted bool `json:"redacted,omitempty"`
	// Trace is the traceparent of the span in which it failed, where spans are made: a
	// replay is linked to it.
	Trace string `json:"trace,omitempty"`
}

func (s *step) deadLetter(ctx context.Context, e *Event, f *failure) (*Event, error) {
	d := DeadLetter{
		Version: DeadLetterVersion, Time: s.flow.clock.Now().UTC(), Flow: s.flow.name, Error: f.err.Error(),
		Attempts: f.attempts, FirstFailed: f.first.UTC(), Received: timeOrNil(e.Received),
		ID: e.ID, Key: e.Key, Type: e.Type, EventTime: timeOrNil(e.Time), Part: e.Split(),
	}
	if s.sink {
		d.Sink = s.name
	} else {
		d.Stage = s.name
	}
	c := s.flow.pipeline.conceal(e)
	for k, v := range e.AllMeta() {
		if d.Meta == nil {
			d.Meta = map[string]string{}
		}
		d.Meta[k] = c.meta(k, v)
	}
	d.Payload, d.PayloadBase64 = asText(c.payload)
	if c.differ {
		d.Original, d.OriginalBase64 = asText(c.original)
	}
	d.Error = c.in(d.Error)
	d.Redacted = c.found
	s.noteTrace(ctx, &d)
	return d.event(e)
}

// event wraps the dead letter for a sink. It keeps the id and time of the event
// it is about, so that {date} in a path and idempotency keys mean the same.
func (d *DeadLetter) event(e *Event) (*Event, error) {
	raw, err := rawjson.Append(nil, d)
	if err != nil {
		return nil, err
	}
	out := &Event{ID: e.ID, Key: e.Key, Time: e.Time, Type: e.Type, Seq: e.Seq, Received: e.Received}
	out.SetJSON(raw)
	return out, nil
}

func asText(b []byte) (*string, []byte) {
	if !utf8.Valid(b) {
		return nil, b
	}
	s := string(b)
	return &s, nil
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
