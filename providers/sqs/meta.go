package sqs

import (
	"strings"

	"github.com/leat-io/leat/internal/rawjson"
)

const metaPrefix = "sqs."

// messageID is the name under which the id that SQS gave is metadata.
const messageID = "MessageId"

// jsonMeta are the attributes of a message as metadata. They stay JSON until
// somebody asks for one.
type jsonMeta struct {
	id          string
	system, own []byte
}

func newJSONMeta(id string, system, own []byte) *jsonMeta {
	system, own = object(system), object(own)
	both := append(append(make([]byte, 0, len(system)+len(own)), system...), own...)
	return &jsonMeta{id, both[:len(system):len(system)], both[len(system):]}
}

func object(v []byte) []byte {
	if rawjson.KindOf(v) != rawjson.Object {
		return nil
	}
	return v
}

// attribute returns one of the system's attributes.
func (m *jsonMeta) attribute(name string) (string, bool) {
	v, ok := rawjson.NewPath(name).Find(m.system)
	if !ok {
		return "", false
	}
	return rawjson.Text(v), true
}

func (m *jsonMeta) custom() bool { return len(m.own) > len("{}") }

// sent returns one of the sender's attributes: the text of a string or number,
// the base64 text of a binary one.
func (m *jsonMeta) sent(name string) (string, bool) {
	v, ok := rawjson.NewPath(name).Find(m.own)
	if !ok {
		return "", false
	}
	for _, form := range [...]rawjson.Path{stringValue, binaryValue} {
		if text, ok := form.Find(v); ok && rawjson.KindOf(text) == rawjson.String {
			return rawjson.Text(text), true
		}
	}
	return "", false
}

var stringValue, binaryValue = rawjson.NewPath("StringValue"), rawjson.NewPath("BinaryValue")

// Lookup implements [pipeline.MetaSource]. A sender's attribute does not hide one
// of the system's.
func (m *jsonMeta) Lookup(key string) (string, bool) {
	name, ok := strings.CutPrefix(key, metaPrefix)
	if !ok {
		return "", false
	}
	if name == messageID {
		return m.id, m.id != ""
	}
	if v, ok := m.attribute(name); ok {
		return v, true
	}
	return m.sent(name)
}

// Each implements [pipeline.MetaSource].
func (m *jsonMeta) Each(f func(key, value string)) {
	if m.id != "" {
		f(metaPrefix+messageID, m.id)
	}
	for _, names := range [...][]byte{m.system, m.own} {
		if len(names) == 0 {
			continue
		}
		for key := range rawjson.Members(names) {
			name := metaPrefix + rawjson.Text(key)
			if v, ok := m.Lookup(name); ok {
				f(name, v)
			}
		}
	}
}

// listMeta is [jsonMeta] for what came as XML.
type listMeta struct{ system, own []pair }

type pair struct{ name, value string }

func find(pairs []pair, name string) (string, bool) {
	for _, p := range pairs {
		if p.name == name {
			return p.value, true
		}
	}
	return "", false
}

func (m *listMeta) custom() bool { return len(m.own) > 0 }

func (m *listMeta) attribute(name string) (string, bool) { return find(m.system, name) }

// Lookup implements [pipeline.MetaSource].
func (m *listMeta) Lookup(key string) (string, bool) {
	name, ok := strings.CutPrefix(key, metaPrefix)
	if !ok {
		return "", false
	}
	if v, ok := find(m.system, name); ok {
		return v, true
	}
	return find(m.own, name)
}

// Each implements [pipeline.MetaSource].
func (m *listMeta) Each(f func(key, value string)) {
	for _, p := range m.system {
		f(metaPrefix+p.name, p.value)
	}
	for _, p := range m.own {
		if _, hidden := m.attribute(p.name); !hidden {
			f(metaPrefix+p.name, p.value)
		}
	}
}

// Namespace says that no mark of leat is among the names, see [pipeline.Event.AppendLabel].
func (m *jsonMeta) Namespace() string { return metaPrefix }

// Namespace is that of [jsonMeta].
func (m *listMeta) Namespace() string { return metaPrefix }
