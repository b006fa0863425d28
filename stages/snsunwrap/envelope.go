package snsunwrap

import (
	"strings"

	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/internal/snssig"
)

// envelope is an SNS envelope as metadata: its fields and attributes stay JSON
// until somebody asks for one.
type envelope struct{ snssig.Envelope }

const prefix = "sns."

// fieldNames are the fields of the envelope that are metadata. An attribute of
// such a name does not hide them: attributes are not covered by the signature.
var fieldNames = [...]string{"TopicArn", "MessageId", "Timestamp", "Subject"}

// Lookup implements [pipeline.MetaSource].
func (env *envelope) Lookup(key string) (string, bool) {
	name, ok := strings.CutPrefix(key, prefix)
	if !ok {
		return "", false
	}
	for _, f := range fieldNames {
		if f == name {
			v := env.Text(f)
			return v, v != ""
		}
	}
	attributes, _ := env.Raw("MessageAttributes")
	if rawjson.KindOf(attributes) != rawjson.Object {
		return "", false
	}
	v, ok := rawjson.NewPath(name, "Value").Find(attributes)
	if !ok {
		return "", false
	}
	return rawjson.Text(v), true
}

// Each implements [pipeline.MetaSource].
func (env *envelope) Each(f func(key, value string)) {
	for _, name := range fieldNames {
		if v := env.Text(name); v != "" {
			f(prefix+name, v)
		}
	}
	attributes, _ := env.Raw("MessageAttributes")
	if rawjson.KindOf(attributes) != rawjson.Object {
		return
	}
	for key := range rawjson.Members(attributes) {
		name := prefix + rawjson.Text(key)
		if v, ok := env.Lookup(name); ok {
			f(name, v)
		}
	}
}
