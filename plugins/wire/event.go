package wire

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// The fields of plugin.proto, each as its number and kind.
const (
	workEvents    = 1<<3 | protowire.Number(protowire.BytesType)
	workCancelled = 2<<3 | protowire.Number(protowire.BytesType)
	workOneGone   = 2<<3 | protowire.Number(protowire.VarintType)

	eventSeq     = 1<<3 | protowire.Number(protowire.VarintType)
	eventPayload = 2<<3 | protowire.Number(protowire.BytesType)
	eventID      = 3<<3 | protowire.Number(protowire.BytesType)
	eventKey     = 4<<3 | protowire.Number(protowire.BytesType)
	eventType    = 5<<3 | protowire.Number(protowire.BytesType)
	eventTime    = 6<<3 | protowire.Number(protowire.BytesType)
	eventMeta    = 7<<3 | protowire.Number(protowire.BytesType)

	timeSeconds = 1<<3 | protowire.Number(protowire.VarintType)
	timeNanos   = 2<<3 | protowire.Number(protowire.VarintType)

	metaKey   = 1<<3 | protowire.Number(protowire.BytesType)
	metaValue = 2<<3 | protowire.Number(protowire.BytesType)
)

// Event is an event of the contract. Its slices are parts of the message it came in.
type Event struct {
	Seq           uint64
	Payload       []byte
	ID, Key, Type string
	// Timed: it has a time, of so many seconds and nanoseconds after 1970.
	Timed          bool
	Seconds, Nanos int64

	message []byte
}

// Time is when the event happened, zero where that is not known.
func (e *Event) Time() time.Time {
	if !e.Timed {
		return time.Time{}
	}
	return time.Unix(e.Seconds, e.Nanos).UTC()
}

// AppendBody appends an event without its seq and metadata to b.
func AppendBody(b, payload []byte, id, key, kind string, at time.Time) []byte {
	b = appendBytes(b, eventPayload, payload)
	b = appendText(b, eventID, id)
	b = appendText(b, eventKey, key)
	b = appendText(b, eventType, kind)
	if at.IsZero() {
		return b
	}
	var scratch [24]byte
	t := protowire.AppendVarint(append(scratch[:0], byte(timeSeconds)), uint64(at.Unix()))
	t = protowire.AppendVarint(append(t, byte(timeNanos)), uint64(at.Nanosecond()))
	return appendBytes(b, eventTime, t)
}

// AppendMeta appends an entry of metadata to the body of an event.
func AppendMeta(b []byte, key, value string) []byte {
	size := 0
	for _, s := range [2]string{key, value} {
		if s != "" {
			size += 1 + protowire.SizeBytes(len(s))
		}
	}
	b = protowire.AppendVarint(append(b, byte(eventMeta)), uint64(size))
	b = appendText(b, metaKey, key)
	return appendText(b, metaValue, value)
}

func appendBytes(b []byte, field protowire.Number, value []byte) []byte {
	if len(value) == 0 && field != eventTime {
		return b
	}
	return protowire.AppendBytes(append(b, byte(field)), value)
}

func appendText(b []byte, field protowire.Number, value string) []byte {
	if value == "" {
		return b
	}
	return protowire.AppendString(append(b, byte(field)), value)
}

// read takes an event from its message.
func (e *Event) read(message []byte) error {
	e.message = message
	return fields(message, func(f field) error {
		switch f.tag {
		case eventSeq:
			e.Seq = f.varint
		case eventPayload:
			e.Payload = f.bytes
		case eventID:
			e.ID = string(f.bytes)
		case eventKey:
			e.Key = string(f.bytes)
		case eventType:
			e.Type = string(f.bytes)
		case eventTime:
			return e.readTime(f.bytes)
		}
		return nil
	})
}

// readTime takes the parts of a time. Those of a second one in the same event count, as
// everywhere in protobuf.
func (e *Event) readTime(message []byte) error {
	e.Timed = true
	return fields(message, func(f field) error {
		switch f.tag {
		case timeSeconds:
			e.Seconds = int64(f.varint)
		case timeNanos:
			e.Nanos = int64(int32(f.varint))
		}
		return nil
	})
}

// Lookup returns a metadata value and whether there is one.
func (e *Event) Lookup(key string) (value string, found bool) {
	_ = fields(e.message, func(f field) error {
		if f.tag != eventMeta || found {
			return nil
		}
		var k, v []byte
		err := fields(f.bytes, func(f field) error {
			switch f.tag {
			case metaKey:
				k = f.bytes
			case metaValue:
				v = f.bytes
			}
			return nil
		})
		if err == nil && string(k) == key {
			value, found = string(v), true
		}
		return nil
	})
	return value, found
}

// field is one of a message: its number and kind, and a number or bytes.
type field struct {
	tag    protowire.Number
	varint uint64
	bytes  []byte
}

// fields gives those of a message to f.
func fields(message []byte, f func(field) error) error {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return broken(n)
		}
		message = message[n:]
		found := field{tag: number<<3 | protowire.Number(kind)}
		switch kind {
		case protowire.VarintType:
			found.varint, n = protowire.ConsumeVarint(message)
		case protowire.BytesType:
			found.bytes, n = protowire.ConsumeBytes(message)
		default:
			n = protowire.ConsumeFieldValue(number, kind, message)
		}
		if n < 0 {
			return broken(n)
		}
		message = message[n:]
		if err := f(found); err != nil {
			return err
		}
	}
	return nil
}

func broken(n int) error {
	return fmt.Errorf("a message that is not protobuf: %w", protowire.ParseError(n))
}
