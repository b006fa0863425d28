package rawjson

import (
	"bytes"
	"unicode/utf8"
)

// AppendString appends the JSON string literal for s. It escapes only what JSON
// requires: quotes, backslashes and control characters, not HTML. Bytes that
// are not valid UTF-8 become U+FFFD.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if isPlain(c) {
			i++
			continue
		}
		if r, size := utf8.DecodeRuneInString(s[i:]); c >= utf8.RuneSelf && (size > 1 || r != utf8.RuneError) {
			i += size
			continue
		}
		dst = append(dst, s[from:i]...)
		dst = appendEscaped(dst, c)
		i++
		from = i
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}

const hexDigits = "0123456789abcdef"

// appendEscaped appends a byte that cannot stand in a literal as it is.
func appendEscaped(dst []byte, c byte) []byte {
	if c >= utf8.RuneSelf {
		return utf8.AppendRune(dst, utf8.RuneError)
	}
	if i := bytes.IndexByte([]byte("\"\\\b\f\n\r\t"), c); i >= 0 {
		return append(dst, '\\', `"\bfnrt`[i])
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
}
