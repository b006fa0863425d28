package sqstest

import (
	"strings"
	"unicode/utf8"
)

// appendElement appends an XML element that holds text.
func appendElement(b []byte, name, text string) []byte {
	b = append(append(append(b, '<'), name...), '>')
	b = appendXMLText(b, text)
	return append(append(append(b, "</"...), name...), '>')
}

// appendXMLText appends text that reads back exactly, line ends included. What XML
// cannot hold, which errors may quote from a call, becomes U+FFFD.
func appendXMLText(b []byte, text string) []byte {
	if !utf8.ValidString(text) || strings.Contains(text, "\xef\xbf") {
		text = strings.Map(xmlRune, text)
	}
	from := 0
	for i := 0; i < len(text); i++ {
		escape := xmlEscape(text[i])
		if escape == "" {
			continue
		}
		b = append(append(b, text[from:i]...), escape...)
		from = i + 1
	}
	return append(b, text[from:]...)
}

func xmlRune(r rune) rune {
	if r == 0xFFFE || r == 0xFFFF {
		return utf8.RuneError
	}
	return r // of a byte that is not UTF-8, it is U+FFFD already
}

func xmlEscape(c byte) string {
	switch c {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '"':
		return "&quot;"
	case '\r':
		return "&#xD;"
	case '\t', '\n':
		return ""
	}
	if c < ' ' {
		return "\uFFFD"
	}
	return ""
}
