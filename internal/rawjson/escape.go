package rawjson

import (
	"unicode/utf16"
	"unicode/utf8"
)

// escapedRune reads the escape at the beginning of s and returns the character
// it stands for and its length in bytes. Two \u escapes that are a surrogate
// pair are one character; a lone surrogate is U+FFFD and leaves what follows to
// be read on its own.
func escapedRune(s []byte) (r rune, size int) {
	if len(s) < 2 {
		return '\\', len(s) // not in checked text
	}
	if c := unescaped[s[1]]; c != 0 {
		return rune(c), 2
	}
	r = codeUnit(s)
	if r < 0 {
		return rune(s[1] & 0x7f), 2 // not in checked text
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if pair := utf16.DecodeRune(r, codeUnit(s[6:])); pair != utf8.RuneError {
		return pair, 12
	}
	return utf8.RuneError, 6
}

// codeUnit reads the four digits of a \u escape at the beginning of s; -1 if
// there is none.
func codeUnit(s []byte) rune {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	var unit rune
	for _, c := range s[2:6] {
		digit := hexDigit[c]
		if digit < 0 {
			return -1
		}
		unit = unit<<4 | rune(digit)
	}
	return unit
}
