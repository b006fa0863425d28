package sqstest

import (
	"strings"
	"unicode/utf8"
)

// checkText refuses what SQS does not take in a body, which is what XML 1.0
// cannot hold.
func checkText(text, where string) *failure {
	if !utf8.ValidString(text) {
		return badContents("a byte that is not UTF-8", where)
	}
	for i := 0; i < len(text); i++ {
		if c := text[i]; c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return badContents("binary character '#x"+strings.ToUpper(hexText(c))+"'", where)
		}
	}
	if strings.Contains(text, "\uFFFE") || strings.Contains(text, "\uFFFF") {
		return badContents("binary character '#xFFFE' or '#xFFFF'", where)
	}
	return nil
}

func badContents(what, where string) *failure {
	return modelled("InvalidMessageContents", "InvalidMessageContents", 400,
		"Invalid %s was found in the %s, the set of allowed characters is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF", what, where)
}

func hexText(c byte) string {
	const digits = "0123456789abcdef"
	if c < 16 {
		return digits[c : c+1]
	}
	return digits[c>>4:c>>4+1] + digits[c&15:c&15+1]
}
