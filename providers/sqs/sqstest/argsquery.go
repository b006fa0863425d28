package sqstest

import (
	"cmp"
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// queryArgs are the parameters of a call in the query protocol: keys such as
// MessageAttribute.1.Value.DataType make a tree.
type queryArgs struct {
	action string
	value  string
	given  bool
	kids   map[string]*queryArgs
}

// maxParts is more than any key of SQS or SNS has parts.
const maxParts = 10

func parseQuery(form url.Values) *queryArgs {
	root := &queryArgs{action: form.Get("Action")}
	for key, values := range form {
		root.set(strings.SplitN(key, ".", maxParts), values[0])
	}
	return root
}

func (a *queryArgs) set(path []string, value string) {
	for _, part := range path {
		kid := a.kids[part]
		if kid == nil {
			kid = &queryArgs{action: a.action}
			if a.kids == nil {
				a.kids = map[string]*queryArgs{}
			}
			a.kids[part] = kid
		}
		a = kid
	}
	a.value, a.given = value, true
}

// queryNames are names that differ from those in JSON: mostly lists, which the
// query protocol names in the singular.
var queryNames = map[string]string{
	"AttributeNames":              "AttributeName",
	"MessageAttributeNames":       "MessageAttributeName",
	"MessageSystemAttributeNames": "MessageSystemAttributeName",
	"Attributes":                  "Attribute",
	"MessageAttributes":           "MessageAttribute",
	"MessageSystemAttributes":     "MessageSystemAttribute",
	"tags":                        "Tag",
}

// kid returns a parameter, or nil.
func (a *queryArgs) kid(name string) *queryArgs {
	if other, ok := queryNames[name]; ok && a.kids[other] != nil {
		name = other
	}
	return a.kids[name]
}

func (a *queryArgs) has(name string) bool {
	k := a.kid(name)
	return k != nil && k.given
}

func (a *queryArgs) text(name string) string {
	if k := a.kid(name); k != nil {
		return k.value
	}
	return ""
}

// list returns the elements of a list by their numbers. SNS puts them under
// member or entry, SQS right under the list's name.
func (a *queryArgs) list() []*queryArgs {
	if a == nil {
		return nil
	}
	for _, wrapper := range []string{"member", "entry"} {
		if k := a.kids[wrapper]; k != nil {
			a = k
		}
	}
	type numbered struct {
		n    int
		args *queryArgs
	}
	var found []numbered
	for part, k := range a.kids {
		if n, err := strconv.Atoi(part); err == nil {
			found = append(found, numbered{n, k})
		}
	}
	slices.SortFunc(found, func(x, y numbered) int { return cmp.Compare(x.n, y.n) })
	list := make([]*queryArgs, len(found))
	for i, f := range found {
		list[i] = f.args
	}
	return list
}

func (a *queryArgs) texts(name string) []string {
	var texts []string
	for _, k := range a.kid(name).list() {
		texts = append(texts, k.value)
	}
	return texts
}

func (a *queryArgs) pairs(name string) []pair {
	var pairs []pair
	for _, k := range a.kid(name).list() {
		pairs = append(pairs, pair{cmp.Or(k.text("Name"), k.text("Key"), k.text("key")), cmp.Or(k.text("Value"), k.text("value"))})
	}
	return pairs
}

func (a *queryArgs) entries() []args {
	list := a.kids[a.action+"RequestEntry"]
	if list == nil {
		list = a.kids[a.action+"RequestEntries"]
	}
	var entries []args
	for _, k := range list.list() {
		entries = append(entries, k)
	}
	return entries
}

func (a *queryArgs) attributes(name string) ([]attribute, *failure) {
	var all []attribute
	for _, k := range a.kid(name).list() {
		attr := attribute{name: k.text("Name")}
		if v := k.kid("Value"); v != nil {
			attr.kind = v.text("DataType")
			attr.value, attr.given = v.text("StringValue"), v.has("StringValue")
			if v.has("BinaryValue") {
				raw, err := base64.StdEncoding.DecodeString(v.text("BinaryValue"))
				if err != nil {
					return nil, unreadable("the BinaryValue of attribute " + attr.name + " is not base64")
				}
				attr.value, attr.given, attr.binary = string(raw), true, true
			}
		}
		all = append(all, attr)
	}
	return all, nil
}
