package redisstream

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/leat-io/leat/internal/redisapi"
	"github.com/leat-io/leat/pipeline"
)

// SinkConfig are the settings of the redisstream sink.
//
// An entry's field payload is the payload of one event, byte for byte. What the event is
// stands in the field leat (see label), so that the redisstream source of another flow
// goes on with the same event.
//
// Events that are added at the same time share a round trip. Each is delivered once Redis
// has answered with the id of its entry. When an answer gets lost the entry is added
// again and may be in the stream twice: both have the same id in their field leat, by
// which dedupe behind a redisstream source knows them. A stream that cannot take entries
// because the server is out of memory, read-only or away is tried again; an event for a
// key that holds something else than a stream is a dead letter, and so is one that has
// chosen a stream (see stream_from) on which the user has no rights.
//
// The commands that the user needs are CLIENT SETNAME, XADD and TYPE.
//
// Redis answers before an entry is on a disk or with a replica, unless it is configured
// otherwise: what it loses then, nobody has.
type SinkConfig struct {
	// Stream is the key of the stream. It is created with its first entry.
	Stream string `yaml:"stream"`
	// StreamFrom is an expression for the key of the stream of each event, as in
	// "orders:" + body.country. It should begin with a fixed prefix, as this one does, so
	// that no event can choose a key of somebody else's. An event for which it gives nothing
	// goes to stream; without one it is a dead letter.
	StreamFrom pipeline.Expr `yaml:"stream_from"`

	redisapi.Settings `yaml:",inline"`

	// Payload is the name of the field that is the payload.
	Payload string `yaml:"payload"`
	// Label says whether the entry has a field leat, a JSON object with the event's id,
	// key, time, type and marks.
	Label bool `yaml:"label"`
	// Fields are further fields of the entry, as name: expression. One that is null or
	// empty for an event is left out.
	Fields map[string]pipeline.Expr `yaml:"fields"`
	// MaxLen has Redis delete the oldest entries when there are more than these, or a few
	// more, which is cheaper. It does so whether or not anybody has read them. 0: never.
	MaxLen int64 `yaml:"max_len"`
	// MaxAge has Redis delete entries that are older, by the clock of this machine, or a
	// little older, which is cheaper. 0s: never.
	MaxAge time.Duration `yaml:"max_age"`
}

// Validate checks what the types of the settings do not.
func (c SinkConfig) Validate() error {
	errs := []error{c.Settings.Validate()}
	need := func(ok bool, field, message string) {
		if !ok {
			errs = append(errs, pipeline.FieldError(field, "%s", message))
		}
	}
	need(c.Stream != "" || !c.StreamFrom.IsZero(), "stream", "is required: the key of the stream, or stream_from instead")
	need(c.Payload != "", "payload", "must not be empty")
	need(!c.Label || c.Payload != labelField, "payload", "leat is set by leat itself: choose another name, or label: false")
	need(c.MaxLen >= 0, "max_len", "must not be negative")
	need(c.MaxAge >= 0, "max_age", "must not be negative")
	need(c.MaxLen == 0 || c.MaxAge == 0, "max_age", "Redis takes only one of max_len and max_age with an entry: keep one of them")
	for _, name := range slices.Sorted(maps.Keys(c.Fields)) {
		x := c.Fields[name]
		switch {
		case name == "":
			need(false, "fields", "has a field without a name")
		case x.IsZero():
			need(false, "fields", name+" has no expression")
		case name == c.Payload:
			need(false, "fields", name+" is the field of the payload: choose another name")
		case c.Label && name == labelField:
			need(false, "fields", name+" is set by leat itself: choose another name, or label: false")
		}
	}
	return errors.Join(errs...)
}
