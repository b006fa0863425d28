package rawjson

import "unicode/utf8"

// checkString reads a string literal whose opening quote is just before i and
// returns where it ends.
func checkString(b []byte, i int) (int, fault) {
	var f fault
	for f == "" {
		i = skipPlain(b, i)
		if i >= len(b) {
			return i, inString
		}
		switch c := b[i]; {
		case c == '"':
			return i + 1, ""
		case c == '\\':
			if i+1 < len(b) && unescaped[b[i+1]] != 0 {
				i += 2
				continue
			}
			i, f = checkEscape(b, i+1)
		case c < ' ':
			return i, inString
		default:
			i, f = checkRunes(b, i)
		}
	}
	return i, f
}

// checkEscape reads what follows a backslash and is not one letter.
func checkEscape(b []byte, i int) (int, fault) {
	if i >= len(b) {
		return i, inString
	}
	if b[i] != 'u' {
		return i, inEscape
	}
	i++
	for end := i + 4; i < end; i++ {
		if i >= len(b) || hexDigit[b[i]] < 0 {
			return i, inHexEscape
		}
	}
	return i, ""
}

// checkRunes reads non-ASCII characters until the next ASCII one; text that is
// not in Latin letters has many of them in a row.
func checkRunes(b []byte, i int) (int, fault) {
	for i < len(b) && b[i] >= utf8.RuneSelf {
		size := commonRune(b[i:])
		if size == 0 {
			var r rune
			if r, size = utf8.DecodeRune(b[i:]); r == utf8.RuneError && size == 1 {
				return i, inString
			}
		}
		i += size
	}
	return i, ""
}

// commonRune returns the size of the character s begins with if it is one of
// two bytes, or of three without a special range for the second byte: most of
// the world's letters. Otherwise, or if s is not valid, it returns 0.
func commonRune(s []byte) int {
	switch c := s[0]; {
	case c-0xC2 < 0xE0-0xC2 && len(s) > 1 && isContinuation(s[1]):
		return 2
	case c-0xE1 < 0xED-0xE1 && len(s) > 2 && isContinuation(s[1]) && isContinuation(s[2]):
		return 3
	}
	return 0
}

func isContinuation(c byte) bool { return c&0xC0 == 0x80 }

// unescaped holds what the one-letter escapes stand for, 0 for all others.
var unescaped = [256]byte{
	'"': '"', '\\': '\\', '/': '/',
	'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// hexDigit holds the value of each hexadecimal digit, -1 for all others.
var hexDigit = func() (t [256]int8) {
	for c := range t {
		t[c] = -1
	}
	for i, c := range []byte("0123456789abcdef") {
		t[c] = int8(i)
	}
	for i, c := range []byte("ABCDEF") {
		t[c] = int8(10 + i)
	}
	return t
}()
