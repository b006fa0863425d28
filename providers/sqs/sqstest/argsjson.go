package sqstest

import (
	"encoding/base64"

	"github.com/leat-io/leat/internal/rawjson"
)

// maxDepth is more than any call of SQS is nested.
const maxDepth = 16

// jsonArgs are the parameters of a call in AWS JSON.
type jsonArgs struct{ fields rawjson.Fields }

func parseJSON(body []byte) (args, *failure) {
	a := &jsonArgs{}
	if len(body) == 0 {
		return a, nil
	}
	if err := a.fields.CheckIndex(body, maxDepth); err != nil {
		return nil, unreadable(err.Error())
	}
	if rawjson.KindOf(body) != rawjson.Object {
		return nil, unreadable("the body is not a JSON object")
	}
	return a, nil
}

// get returns a value that is not null.
func (a *jsonArgs) get(name string) ([]byte, bool) {
	v, ok := a.fields.Get(name)
	return v, ok && rawjson.KindOf(v) != rawjson.Null
}

func (a *jsonArgs) has(name string) bool {
	_, ok := a.get(name)
	return ok
}

func (a *jsonArgs) text(name string) string {
	v, ok := a.get(name)
	if !ok {
		return ""
	}
	return rawjson.Text(v)
}

func (a *jsonArgs) texts(name string) []string {
	list, _ := a.get(name)
	var texts []string
	for v := range rawjson.Elements(list) {
		texts = append(texts, rawjson.Text(v))
	}
	return texts
}

func (a *jsonArgs) pairs(name string) []pair {
	object, _ := a.get(name)
	var pairs []pair
	for k, v := range rawjson.Members(object) {
		pairs = append(pairs, pair{rawjson.Text(k), rawjson.Text(v)})
	}
	return pairs
}

func (a *jsonArgs) entries() []args {
	list, _ := a.get("Entries")
	var entries []args
	for v := range rawjson.Elements(list) {
		e := &jsonArgs{}
		e.fields.Index(v)
		entries = append(entries, e)
	}
	return entries
}

func (a *jsonArgs) attributes(name string) ([]attribute, *failure) {
	object, _ := a.get(name)
	var all []attribute
	for k, v := range rawjson.Members(object) {
		value := &jsonArgs{}
		value.fields.Index(v)
		attr := attribute{name: rawjson.Text(k), kind: value.text("DataType")}
		attr.value, attr.given = value.text("StringValue"), value.has("StringValue")
		if value.has("BinaryValue") {
			raw, err := base64.StdEncoding.DecodeString(value.text("BinaryValue"))
			if err != nil {
				return nil, unreadable("the BinaryValue of attribute " + attr.name + " is not base64")
			}
			attr.value, attr.given, attr.binary = string(raw), true, true
		}
		all = append(all, attr)
	}
	return all, nil
}
