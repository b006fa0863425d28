package snssig

import (
	"strings"

	"github.com/leat-io/leat/internal/rawjson"
)

// Metadata is an envelope as the metadata of an event: sns.NAME for each of its
// MessageAttributes, beside sns.TopicArn, sns.MessageId, sns.Timestamp and
// sns.Subject. They stay JSON until somebody asks for one.
type Metadata struct{ *Envelope }

const metadataPrefix = "sns."

// metadataFields are the fields of the envelope that are metadata. An attribute
// of such a name does not hide them: attributes are not covered by the signature.
var metadataFields = [...]string{"TopicArn", "MessageId", "Timestamp", "Subject"}

// Lookup returns the value of a key, and whether there is one.
func (m Metadata) Lookup(key string) (string, bool) {
	name, ok := strings.CutPrefix(key, metadataPrefix)
	if !ok {
		return "", false
	}
	for _, field := range metadataFields {
		if field == name {
			v := m.Text(field)
			return v, v != ""
		}
	}
	v, ok := rawjson.NewPath(name, "Value").Find(m.attributes())
	if !ok {
		return "", false
	}
	return rawjson.Text(v), true
}

// Each calls f for every entry.
func (m Metadata) Each(f func(key, value string)) {
	for _, name := range metadataFields {
		if v := m.Text(name); v != "" {
			f(metadataPrefix+name, v)
		}
	}
	for key := range rawjson.Members(m.attributes()) {
		name := metadataPrefix + rawjson.Text(key)
		if v, ok := m.Lookup(name); ok {
			f(name, v)
		}
	}
}

// attributes returns the MessageAttributes, an empty object if there are none.
func (m Metadata) attributes() []byte {
	if v, _ := m.Raw("MessageAttributes"); rawjson.KindOf(v) == rawjson.Object {
		return v
	}
	return []byte("{}")
}

// Message returns the text that was published, and whether there is one.
func (e *Envelope) Message() ([]byte, bool) {
	v, ok := e.Raw("Message")
	if !ok || rawjson.KindOf(v) != rawjson.String {
		return nil, false
	}
	return rawjson.AppendText(make([]byte, 0, len(v)), v), true
}
