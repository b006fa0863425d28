package redact

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/leat-io/leat/internal/rawjson"
)

// Values are the texts of values that were hidden, in the spellings that other text may
// quote them in. Texts of less than four bytes are not among them: they cannot be told
// from other words.
type Values []string

const (
	minValue = 4
	// minQuoted is how many bytes are taken for a quote though more, or other, would be
	// expected.
	minQuoted = 8
)

// of adds those in a JSON value.
func (v Values) of(value []byte) Values {
	switch rawjson.KindOf(value) {
	case rawjson.Object:
		for _, inner := range rawjson.Members(value) {
			v = v.of(inner)
		}
	case rawjson.Array:
		for inner := range rawjson.Elements(value) {
			v = v.of(inner)
		}
	case rawjson.String:
		spelt := strings.TrimSpace(string(value))
		v = v.with(rawjson.Text(value)).add(spelt[1 : len(spelt)-1])
	case rawjson.Number:
		v = v.add(rawjson.Text(value))
	}
	return v
}

// with adds a text as it is and as Go and JSON quote it.
func (v Values) with(text string) Values {
	v = v.add(text)
	for _, quoted := range []string{strconv.Quote(text), string(rawjson.AppendString(nil, text))} {
		v = v.add(quoted[1 : len(quoted)-1])
	}
	return v
}

func (v Values) add(text string) Values {
	if len(text) < minValue || text == Text {
		return v
	}
	for _, known := range v {
		if known == text {
			return v
		}
	}
	return append(v, text)
}

// In returns text, such as an error, with "[redacted]" in place of the values. Of a value
// that is quoted in part, its beginning is hidden if that is at least half of it.
func (v Values) In(text string) string {
	for _, value := range v {
		text = withoutBeginning(strings.ReplaceAll(text, value, Text), value)
	}
	return text
}

// Moved returns text, such as another payload, with "[redacted]" in place of values that
// stand in it as a whole, if they are long enough not to be there by chance.
func (v Values) Moved(text []byte) []byte {
	for _, value := range v {
		if len(value) >= minQuoted {
			text = bytes.ReplaceAll(text, []byte(value), []byte(Text))
		}
	}
	return text
}

func withoutBeginning(text, value string) string {
	least := max(minQuoted, (len(value)+1)/2)
	if len(value) <= least {
		return text
	}
	var out strings.Builder
	for {
		at := strings.Index(text, value[:least])
		if at < 0 {
			out.WriteString(text)
			return out.String()
		}
		end := at + least
		for end < len(text) && end-at < len(value) && text[end] == value[end-at] {
			end++
		}
		out.WriteString(text[:at])
		out.WriteString(Text)
		text = text[end:]
	}
}
