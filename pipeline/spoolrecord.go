package pipeline

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/leat-io/leat/internal/rawjson"
)

// A record of a spool is one event as its source made it: a byte for the version,
// one for flags, then fields with their length in front, then the payload. Seq
// has no place in it: events are numbered as they leave the spool.
const spoolRecordVersion = 1

const (
	flagChecked = 1 << iota // the payload is known to be JSON
	flagFault               // the source could not read it
	flagOrigin              // the payload is not what came in
	flagSource              // the ID is not what the source gave its message
	flagDecoded             // what the payload means was said apart from it
)

// encodeSpooled returns the record of an event. The error is that of a payload
// that has no bytes.
func encodeSpooled(e *Event) ([]byte, error) {
	raw, err := e.Bytes()
	if err != nil {
		return nil, err
	}
	b := make([]byte, 2, len(raw)+len(e.ID)+256)
	b[0] = spoolRecordVersion
	b = appendField(b, e.ID)
	b = appendField(b, e.Key)
	b = appendField(b, e.Type)
	b = appendTime(b, e.Time)
	b = appendTime(b, e.Received)
	b = append(b, e.level)
	b = binary.AppendUvarint(b, e.Seq.Child)
	b = appendMeta(b, e)
	if e.payload.checked {
		b[1] |= flagChecked
	}
	if e.fault != nil {
		b[1] |= flagFault
		b = appendField(b, e.fault.Error())
	}
	if e.source != e.ID {
		b[1] |= flagSource
		b = appendField(b, e.source)
	}
	if !bytes.Equal(e.origin, raw) {
		b[1] |= flagOrigin
		b = appendField(b, e.origin)
	}
	if p := &e.payload; p.decoded && !p.checked {
		value, err := rawjson.Append(nil, p.value)
		if err != nil {
			return nil, err
		}
		b[1] |= flagDecoded
		b = appendField(b, value)
	}
	return append(b, raw...), nil
}

func appendField[T string | []byte](b []byte, field T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(field))), field...)
}

// appendTime writes whether there is a time, and if so its seconds and nanoseconds
// and how far its zone is from UTC.
func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, 0)
	}
	_, offset := t.Zone()
	b = binary.AppendVarint(append(b, 1), t.Unix())
	b = binary.AppendUvarint(b, uint64(t.Nanosecond()))
	return binary.AppendVarint(b, int64(offset))
}

func appendMeta(b []byte, e *Event) []byte {
	var pairs []string
	for k, v := range e.AllMeta() {
		pairs = append(pairs, k, v)
	}
	b = binary.AppendUvarint(b, uint64(len(pairs)))
	for _, text := range pairs {
		b = appendField(b, text)
	}
	return b
}

var errSpoolRecord = errors.New("the record is not one of an event")

// decodeSpooled returns the event of a record. The event's payload is part of b.
func decodeSpooled(b []byte) (*Event, error) {
	if len(b) < 2 {
		return nil, errSpoolRecord
	}
	if b[0] != spoolRecordVersion {
		return nil, fmt.Errorf("the record was written in version %d, and this leat knows version %d: use a newer leat", b[0], spoolRecordVersion)
	}
	r, flags := &fieldReader{b: b[2:]}, b[1]
	e := &Event{ID: r.text(), Key: r.text(), Type: r.text(), Time: r.time(), Received: r.time(), level: r.byte()}
	e.Seq.Child, e.source = r.uvarint(), e.ID
	if pairs := r.texts(); len(pairs) > 0 {
		e.AddMeta(metaPairs(pairs))
	}
	if flags&flagFault != 0 {
		e.fault = errors.New(r.text())
	}
	if flags&flagSource != 0 {
		e.source = r.text()
	}
	if flags&flagOrigin != 0 {
		e.origin = r.field()
	}
	var value []byte
	if flags&flagDecoded != 0 {
		value = r.field()
	}
	if r.broken {
		return nil, errSpoolRecord
	}
	e.payload = payload{raw: r.b, checked: flags&flagChecked != 0}
	if flags&flagOrigin == 0 {
		e.origin = r.b
	}
	if flags&flagDecoded != 0 {
		v, err := rawjson.Decode(value)
		if err != nil {
			return nil, errSpoolRecord
		}
		e.SetDecoded(v)
	}
	return e, nil
}

// metaPairs is metadata as names and values in turn.
type metaPairs []string

// Lookup implements [MetaSource].
func (m metaPairs) Lookup(key string) (string, bool) {
	for i := 0; i+1 < len(m); i += 2 {
		if m[i] == key {
			return m[i+1], true
		}
	}
	return "", false
}

// Each implements [MetaSource].
func (m metaPairs) Each(f func(key, value string)) {
	for i := 0; i+1 < len(m); i += 2 {
		f(m[i], m[i+1])
	}
}
