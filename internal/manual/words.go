package manual

import (
	"strings"

	"github.com/leat-io/leat/internal/conf"
)

// Words says in words what a value looks like.
func Words(s conf.Shape) string {
	switch {
	case len(s.Values) > 0:
		return either(s.Values)
	case s.Word != "":
		return s.Word
	}
	switch s.Form {
	case conf.FormList:
		return "list of " + plural(Words(*s.Item))
	case conf.FormMap:
		return "name: " + Words(*s.Item)
	case conf.FormEither:
		return eitherOf(s.Either)
	}
	return formWords[s.Form]
}

var formWords = map[conf.Form]string{
	conf.FormText: "text", conf.FormBool: "true or false", conf.FormWhole: "whole number", conf.FormNumber: "number",
	conf.FormDuration: "duration", conf.FormSize: "size", conf.FormRange: "duration or range",
	conf.FormStruct: "settings", conf.FormAny: "any value",
}

// eitherOf lists the words of shapes; "or a list of such" closes it when the last is a
// list of what is before.
func eitherOf(shapes []conf.Shape) string {
	var words []string
	for _, s := range shapes {
		words = append(words, Words(s))
	}
	last := len(words) - 1
	if last > 0 && shapes[last].Form == conf.FormList && words[last] == "list of "+plural(either(words[:last])) {
		words[last] = "list"
	}
	return either(words)
}

func either(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// plural is that of the first word.
func plural(words string) string {
	first, rest, several := strings.Cut(words, " ")
	if !strings.HasSuffix(first, "s") {
		first += "s"
	}
	if several {
		return first + " " + rest
	}
	return first
}
