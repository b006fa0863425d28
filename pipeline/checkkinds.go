package pipeline

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/leat-io/leat/internal/rawjson"
)

// checkKinds warns of comparisons that no sample of the feed can meet, such as that of a
// text with a number.
func (b *fileBuilder) checkKinds(s *builtStage, events []*Event) {
	for _, x := range expressionsIn(reflect.ValueOf(s.config)) {
		for _, c := range x.against {
			kinds := kindsAt(events, c.path)
			if len(kinds) == 0 || slices.Contains(kinds, c.kind) {
				continue
			}
			problem := b.problems.Warnf(s.node, "%s: %s is %s in the samples of the feed, and %s %s compares it with %s",
				s.address, c.path, kindWords[kinds[0]], c.operator, c.constant, kindWords[c.kind])
			problem.Hint = c.cure(kinds[0])
		}
	}
}

// cure says how the constant is written that has the kind of the field.
func (c comparison) cure(kind rawjson.Kind) string {
	switch text, err := strconv.Unquote(c.constant); {
	case kind == rawjson.String && c.kind != rawjson.String:
		return "write " + strconv.Quote(c.constant)
	case err == nil && rawjson.KindOf([]byte(text)) == kind && !strings.ContainsAny(text, " "):
		return "write " + text
	}
	return ""
}

var kindWords = map[rawjson.Kind]string{
	rawjson.String: "text", rawjson.Number: "a number", rawjson.Bool: "true or false",
	rawjson.Object: "an object", rawjson.Array: "a list",
}

// kindsAt are the kinds of the values at a place that are not null.
func kindsAt(events []*Event, p Path) (kinds []rawjson.Kind) {
	for _, e := range events {
		raw, err := e.Raw(p)
		kind := rawjson.KindOf(raw)
		if err == nil && kind != rawjson.Invalid && kind != rawjson.Null && !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}
