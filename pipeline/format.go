package pipeline

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/rawjson"
)

// Format is how an event is written as a line.
type Format string

// The formats of a line.
const (
	FormatLines    Format = "lines"    // the event's bytes
	FormatEnvelope Format = "envelope" // an object with its identity, metadata and body
)

// EnvelopeVersion is the version of [FormatEnvelope].
const EnvelopeVersion = 1

// UnmarshalText reads a setting.
func (f *Format) UnmarshalText(b []byte) error {
	if *f = Format(b); *f != FormatLines && *f != FormatEnvelope {
		return fmt.Errorf("want lines or envelope, got %q", b)
	}
	return nil
}

// Shape says what a format is read from.
func (Format) Shape() conf.Shape {
	return conf.Shape{Values: []string{string(FormatLines), string(FormatEnvelope)}}
}

// AppendLine appends the event as one line with its line break. JSON that spans
// several lines is written without its white space; another payload that does
// cannot be a line by itself and is rejected.
func (f Format) AppendLine(dst []byte, e *Event) ([]byte, error) {
	raw, err := e.Bytes()
	if err != nil {
		return dst, err
	}
	switch {
	case f == FormatEnvelope:
		return e.appendEnvelope(dst, raw), nil
	case bytes.IndexByte(raw, '\n') < 0:
		return append(append(dst, raw...), '\n'), nil
	case !e.IsJSON():
		return dst, Reject(errors.New("the payload has line breaks and is not JSON: write it with format: envelope"))
	}
	return append(rawjson.Compact(dst, raw), '\n'), nil
}

// appendEnvelope writes {v, id, key, time, type, meta, body}, without what the
// event does not have. A body that is not JSON is a string, or body_base64.
func (e *Event) appendEnvelope(out, raw []byte) []byte {
	out = fmt.Appendf(out, `{"v":%d,"id":`, EnvelopeVersion)
	out = rawjson.AppendString(out, e.ID)
	for _, f := range [...][2]string{{"key", e.Key}, {"time", e.TimeText()}, {"type", e.Type}} {
		if f[1] != "" {
			out = append(append(append(out, `,"`...), f[0]...), `":`...)
			out = rawjson.AppendString(out, f[1])
		}
	}
	out = e.appendMeta(out)
	return append(e.appendBody(out, raw), "}\n"...)
}

func (e *Event) appendMeta(out []byte) []byte {
	var names []string
	values := map[string]string{}
	for k, v := range e.AllMeta() {
		names, values[k] = append(names, k), v
	}
	if len(names) == 0 {
		return out
	}
	slices.Sort(names)
	out = append(out, `,"meta":`...)
	for i, name := range names {
		sep := byte(',')
		if i == 0 {
			sep = '{'
		}
		out = rawjson.AppendString(append(out, sep), name)
		out = rawjson.AppendString(append(out, ':'), values[name])
	}
	return append(out, '}')
}

func (e *Event) appendBody(out, raw []byte) []byte {
	switch {
	case e.IsJSON():
		return rawjson.Compact(append(out, `,"body":`...), raw)
	case utf8.Valid(raw):
		return rawjson.AppendString(append(out, `,"body":`...), string(raw))
	}
	out = append(out, `,"body_base64":"`...)
	return append(base64.StdEncoding.AppendEncode(out, raw), '"')
}
