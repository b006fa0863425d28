package sqstest

import (
	"slices"

	"github.com/leat-io/leat/internal/rawjson"
)

// filter is a filter policy: for each name the values of which the attribute has
// to have one. The nil filter lets everything pass.
type filter map[string][]string

// readFilter takes policies that compare texts, and refuses all others rather
// than to let the wrong messages pass.
func readFilter(policy string) (filter, *failure) {
	if policy == "" {
		return nil, nil
	}
	a, fail := parseJSON([]byte(policy))
	if fail != nil {
		return nil, badSNS("FilterPolicy: failed to parse JSON")
	}
	f := filter{}
	for k, v := range rawjson.Members([]byte(policy)) {
		name := rawjson.Text(k)
		for e := range rawjson.Elements(v) {
			if rawjson.KindOf(e) != rawjson.String {
				return nil, unsupportedFilter()
			}
		}
		if f[name] = a.texts(name); len(f[name]) == 0 {
			return nil, unsupportedFilter()
		}
	}
	return f, nil
}

func unsupportedFilter() *failure {
	return badSNS(`FilterPolicy: sqstest knows lists of texts only, as in {"name": ["a", "b"]}`)
}

func (f filter) passes(attributes []attribute) bool {
	for name, values := range f {
		i := slices.IndexFunc(attributes, func(a attribute) bool { return a.name == name })
		if i < 0 || !slices.Contains(values, attributes[i].value) {
			return false
		}
	}
	return true
}
