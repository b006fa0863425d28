package sqstest

// appendElement appends an XML element that holds text.
func appendElement(b []byte, name, text string) []byte {
	b = append(append(append(b, '<'), name...), '>')
	b = appendXMLText(b, text)
	return append(append(append(b, "</"...), name...), '>')
}

// appendXMLText appends text that reads back exactly, line ends included.
func appendXMLText(b []byte, text string) []byte {
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
	}
	return ""
}
