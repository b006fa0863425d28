package snssig

import (
	"iter"
	"slices"
	"strings"

	"github.com/leat-io/leat/internal/rawjson"
)

// Metadata is an envelope as the metadata of an event: sns.NAME for each of its
// MessageAttributes, beside sns.TopicArn, sns.MessageId, sns.Timestamp and
// sns.Subject. They stay JSON until somebody asks for one.
type Metadata struct{ *Envelope }

const metadataPrefix = "sns."

// maxAttributes is how many MessageAttributes count, duplicates included; what
// follows them is as if it were not there. Nobody has signed them, so that anybody
// on the way can add some.
const maxAttributes = 1000

// metadataFields are the fields of the envelope that are metadata. An attribute
// of such a name does not hide them: attributes are not covered by the signature.
var metadataFields = [...]string{"TopicArn", "MessageId", "Timestamp", "Subject"}

// Namespace is what all keys begin with.
func (m Metadata) Namespace() string { return metadataPrefix }

// Lookup returns the value of a key, and whether there is one. Of duplicate
// attributes the last counts.
func (m Metadata) Lookup(key string) (string, bool) {
	name, ok := strings.CutPrefix(key, metadataPrefix)
	if !ok {
		return "", false
	}
	if isMetadataField(name) {
		v := m.Text(name)
		return v, v != ""
	}
	var found []byte
	for key, attribute := range m.attributes() {
		if rawjson.EqualText(key, name) {
			found = attribute
		}
	}
	return valueOf(found)
}

// Each calls f once for every key.
func (m Metadata) Each(f func(key, value string)) {
	for _, name := range metadataFields {
		if v := m.Text(name); v != "" {
			f(metadataPrefix+name, v)
		}
	}
	last := map[string][]byte{}
	var names []string
	for key, attribute := range m.attributes() {
		name := rawjson.Text(key)
		if _, again := last[name]; !again {
			names = append(names, name)
		}
		last[name] = attribute
	}
	for _, name := range names {
		if v, ok := valueOf(last[name]); ok && !isMetadataField(name) {
			f(metadataPrefix+name, v)
		}
	}
}

func isMetadataField(name string) bool { return slices.Contains(metadataFields[:], name) }

var valuePath = rawjson.NewPath("Value")

// valueOf reads an attribute. One without a Value is none.
func valueOf(attribute []byte) (string, bool) {
	if attribute == nil {
		return "", false
	}
	v, ok := valuePath.Find(attribute)
	if !ok {
		return "", false
	}
	return rawjson.Text(v), true
}

// attributes are the MessageAttributes that count, by name.
func (m Metadata) attributes() iter.Seq2[[]byte, []byte] {
	return func(yield func(key, attribute []byte) bool) {
		all, _ := m.Raw("MessageAttributes")
		if rawjson.KindOf(all) != rawjson.Object {
			return
		}
		n := 0
		for key, attribute := range rawjson.Members(all) {
			if n++; n > maxAttributes || !yield(key, attribute) {
				return
			}
		}
	}
}
