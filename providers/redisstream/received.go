package redisstream

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/redis/go-redis/v9"
)

// received is an entry as it came.
type received struct {
	id      string
	given   int // how often Redis gave it out; 0: not known
	payload []byte
	missing bool   // it has no payload
	deleted bool   // it exists no longer
	uuid    string // Watermill's
	// fields are the others, by the names that they have as metadata.
	fields []field
}

type field struct{ name, value string }

// Fields of the entries that Watermill's publisher adds.
const (
	uuidField     = "_watermill_message_uuid"
	metadataField = "metadata"
)

// decoder makes entries of what Redis answers.
type decoder struct{ payload string }

func (d decoder) all(messages []redis.XMessage, given int) []*received {
	out := make([]*received, len(messages))
	for i, m := range messages {
		out[i] = d.one(m, given)
	}
	return out
}

func (d decoder) one(m redis.XMessage, given int) *received {
	r := &received{id: m.ID, given: given, missing: true, deleted: len(m.Values) == 0}
	for name, v := range m.Values {
		value, _ := v.(string)
		switch {
		case name == d.payload:
			r.payload, r.missing = []byte(value), false
		case name == metadataField && m.Values[uuidField] != nil:
			r.fields = append(r.fields, metadata(value)...)
		default:
			if name == uuidField {
				r.uuid = value
			}
			r.fields = append(r.fields, field{fieldName(name), fieldText(value)})
		}
	}
	slices.SortFunc(r.fields, byNameAndValue)
	return r
}

// byNameAndValue is an order of all fields, for two of them may have one name: an entry
// that comes again has to equal itself.
func byNameAndValue(a, b field) int {
	return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.value, b.value))
}

// metadata is what Watermill keeps in one field. What cannot be read stays what it is.
func metadata(value string) []field {
	if value == "" {
		return nil
	}
	m, err := readMap([]byte(value))
	if err != nil {
		return []field{{metadataField, fieldText(value)}}
	}
	fields := make([]field, 0, len(m))
	for name, value := range m {
		fields = append(fields, field{fieldName(name), fieldText(value)})
	}
	return fields
}

// fieldName is a name that can be metadata: text that hides nothing of our own.
func fieldName(name string) string {
	if !utf8.ValidString(name) {
		quoted := strconv.Quote(name)
		name = quoted[1 : len(quoted)-1]
	}
	if isOwn(name) {
		return fieldPrefix + name
	}
	return name
}

func fieldText(value string) string {
	if utf8.ValidString(value) {
		return value
	}
	return base64.StdEncoding.EncodeToString([]byte(value))
}

// size is how many bytes of an answer it is, about.
func (r *received) size() int {
	n := len(r.payload)
	for _, f := range r.fields {
		n += len(f.name) + len(f.value)
	}
	return n
}

// same reports whether two entries of one id are the same entry: a stream that was
// deleted and made anew may use ids again.
func (r *received) same(o *received) bool {
	return r.missing == o.missing && bytes.Equal(r.payload, o.payload) && slices.Equal(r.fields, o.fields)
}
