package pipeline

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/leat-io/leat/internal/rawjson"
)

// A label says what an event is, where a transport has room for one text beside
// the payload: an attribute of a queue's message. Whoever takes the message in
// goes on with the same event.

// LabelVersion is the version of the labels that [Event.AppendLabel] writes.
const LabelVersion = 1

// MaxLabel is how many bytes a label may have for [Event.ReadLabel] to read it.
const MaxLabel = 64 << 10

const markPrefix = "leat."

// AppendLabel appends the event's label, a JSON object of id, key, time, type
// and marks without what the event does not have:
//
//	{"v":1,"id":"7","key":"a","time":"2026-03-31T12:00:00Z","meta":{"leat.late":"true"}}
//
// An id, key or type that is not UTF-8, which JSON cannot spell, stands in base64 in
// the member id64, key64 or type64 instead: two of them must not become one.
//
// Everything in it is a character that XML 1.0 knows, because queues take no
// others. It may be longer than [MaxLabel]. A [MetaSource] with a method
// Namespace() string, which says what all its names begin with, is not read when
// that cannot be a mark.
func (e *Event) AppendLabel(dst []byte) []byte {
	from := len(dst)
	dst = fmt.Appendf(dst, `{"v":%d`, LabelVersion)
	for _, f := range [...]pair{{"id", e.ID}, {"key", e.Key}, {"time", labelTime(e.Time)}, {"type", e.Type}} {
		if f.value != "" {
			dst = appendMember(dst, f.name, f.value)
		}
	}
	marks := e.marks()
	for i, m := range marks {
		dst = append(dst, [...]string{`,"meta":{`, `,`}[min(i, 1)]...)
		dst = append(rawjson.AppendString(dst, m.name), ':')
		dst = rawjson.AppendString(dst, m.value)
	}
	if len(marks) > 0 {
		dst = append(dst, '}')
	}
	return escapeNoncharacters(append(dst, '}'), from)
}

// suffix64 is behind the names of members whose text is in base64.
const suffix64 = "64"

func appendMember(dst []byte, name, value string) []byte {
	dst = append(append(dst, `,"`...), name...)
	if !utf8.ValidString(value) {
		dst = append(dst, suffix64...)
		value = base64.StdEncoding.EncodeToString([]byte(value))
	}
	return rawjson.AppendString(append(dst, `":`...), value)
}

type pair struct{ name, value string }

// labelTime is "" for a time that no other program could read either.
func labelTime(t time.Time) string {
	if t = t.UTC(); t.IsZero() || t.Year() < 0 || t.Year() > 9999 {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}

// escapeNoncharacters writes U+FFFE and U+FFFF, which JSON allows in texts and XML
// nowhere, as escapes.
func escapeNoncharacters(b []byte, from int) []byte {
	if !bytes.Contains(b[from:], []byte{0xef, 0xbf, 0xbe}) && !bytes.Contains(b[from:], []byte{0xef, 0xbf, 0xbf}) {
		return b
	}
	text := strings.NewReplacer("\ufffe", `\ufffe`, "\uffff", `\uffff`).Replace(string(b[from:]))
	return append(b[:from], text...)
}

// marks returns the event's marks by name.
func (e *Event) marks() (list []pair) {
	add := func(name, value string) {
		if isMark(name) && !slices.ContainsFunc(list, func(p pair) bool { return p.name == name }) {
			list = append(list, pair{name, value})
		}
	}
	for m := e.meta; m != nil; m = m.older {
		if m.lazy == nil {
			add(m.key, m.value)
		} else if !foreign(m.lazy) {
			m.lazy.Each(add)
		}
	}
	slices.SortFunc(list, func(a, b pair) int { return cmp.Compare(a.name, b.name) })
	return list
}

// isMark leaves out what a label has members for.
func isMark(name string) bool {
	switch name {
	case markPrefix, HeaderID, HeaderKey, HeaderTime, HeaderType:
		return false
	}
	return strings.HasPrefix(name, markPrefix)
}

// foreign reports whether a source of metadata says that it can have no marks.
func foreign(s MetaSource) bool {
	n, ok := s.(interface{ Namespace() string })
	return ok && n.Namespace() != "" && !strings.HasPrefix(n.Namespace(), markPrefix)
}
