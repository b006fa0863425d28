package rawjson

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// Text returns the string that a JSON string literal stands for. Anything else,
// such as a number, gives its own text without the space around it. Escapes are
// read as encoding/json reads them; a lone surrogate becomes U+FFFD. v must
// have passed [Check].
func Text(v []byte) string {
	inner, isString := literal(v)
	if !isString || bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var buf [1024]byte // most texts fit, and then the only allocation is the string
	return string(appendUnescaped(buf[:0], inner))
}

// AppendText appends what [Text] would return.
func AppendText(dst, v []byte) []byte {
	inner, isString := literal(v)
	if !isString {
		return append(dst, inner...)
	}
	return appendUnescaped(dst, inner)
}

// EqualText tells whether v is a JSON string that stands for exactly s. It does
// not allocate. v must have passed [Check].
func EqualText(v []byte, s string) bool {
	inner, isString := literal(v)
	return isString && equalEscaped(inner, s)
}

// literal returns what lies between the quotes of a string, or else v itself;
// both without the space around it.
func literal(v []byte) (inner []byte, isString bool) {
	v = whole(v).of(v)
	if len(v) < 2 || v[0] != '"' || v[len(v)-1] != '"' {
		return v, false
	}
	return v[1 : len(v)-1], true
}

// appendUnescaped copies eight bytes at a time and looks for a backslash in
// them afterwards; what it copied too much is overwritten. There is room for
// that, since no escape is shorter than what it stands for.
func appendUnescaped(dst, inner []byte) []byte {
	n := len(dst)
	dst = slices.Grow(dst, len(inner))
	out := dst[:n+len(inner)]
	i := 0
	for i+8 <= len(inner) {
		w := word(inner, i)
		putWord(out, n, w)
		hits := escape(w)
		if hits == 0 {
			i, n = i+8, n+8
			continue
		}
		i, n = i+firstByte(hits), n+firstByte(hits)
		i, n = unescape(out, n, inner, i)
	}
	for i < len(inner) {
		if inner[i] == '\\' {
			i, n = unescape(out, n, inner, i)
			continue
		}
		out[n] = inner[i]
		i, n = i+1, n+1
	}
	return out[:n]
}

// unescape writes to out[n:] what the escape at inner[i] stands for, and
// returns where reading and writing go on.
func unescape(out []byte, n int, inner []byte, i int) (int, int) {
	if i+1 < len(inner) && unescaped[inner[i+1]] != 0 {
		out[n] = unescaped[inner[i+1]]
		return i + 2, n + 1
	}
	r, size := escapedRune(inner[i:])
	return i + size, len(utf8.AppendRune(out[:n], r))
}

// equalEscaped tells whether the inside of a string literal stands for s.
func equalEscaped(inner []byte, s string) bool {
	for {
		i := bytes.IndexByte(inner, '\\')
		if i < 0 {
			return string(inner) == s
		}
		if i > len(s) || string(inner[:i]) != s[:i] {
			return false
		}
		r, size := escapedRune(inner[i:])
		var buf [utf8.UTFMax]byte
		want := utf8.AppendRune(buf[:0], r)
		inner, s = inner[i+size:], s[i:]
		if len(s) < len(want) || s[:len(want)] != string(want) {
			return false
		}
		s = s[len(want):]
	}
}
