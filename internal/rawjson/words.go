package rawjson

import (
	"encoding/binary"
	"math/bits"
)

// Strings are scanned eight bytes at a time: the bytes that matter are found
// by arithmetic on the whole word. Each finder returns a word in which the
// lowest set bit belongs to the first byte that matters. Bits above it may be
// wrong, for a subtraction borrows from the byte above.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// quoteOrEscape finds quotes and backslashes.
func quoteOrEscape(w uint64) uint64 {
	quote, escape := w^(ones*'"'), w^(ones*'\\')
	return ((quote - ones) | (escape - ones)) &^ w & highs
}

// notPlain finds quotes, backslashes, control characters and non-ASCII bytes.
func notPlain(w uint64) uint64 {
	quote, escape := w^(ones*'"'), w^(ones*'\\')
	return ((quote - ones) | (escape - ones) | (w - ones*' ') | w) & highs
}

// quote finds quotes, and unlike the others all of them: no bit of it is wrong.
func quote(w uint64) uint64 {
	w ^= ones * '"'
	return ^((w&^highs + ^uint64(highs)) | w) & highs
}

// escape finds backslashes.
func escape(w uint64) uint64 {
	return ((w ^ (ones * '\\')) - ones) &^ w & highs
}

func word(b []byte, i int) uint64 { return binary.LittleEndian.Uint64(b[i:]) }

func putWord(b []byte, i int, w uint64) { binary.LittleEndian.PutUint64(b[i:], w) }

func firstByte(hits uint64) int { return bits.TrailingZeros64(hits) >> 3 }

// skipPlain returns the first place from i on that is not a printable ASCII
// character other than a quote or a backslash, or len(b).
func skipPlain(b []byte, i int) int {
	for i+8 <= len(b) {
		if hits := notPlain(word(b, i)); hits != 0 {
			return i + firstByte(hits)
		}
		i += 8
	}
	for i < len(b) && isPlain(b[i]) {
		i++
	}
	return i
}

func isPlain(c byte) bool {
	return c-' ' < 0x80-' ' && c != '"' && c != '\\'
}

// skipKey takes the place just behind an opening quote and returns that of the
// closing one, or len(b), and whether there are escapes between them.
func skipKey(b []byte, i int) (end int, escaped bool) {
	for i+8 <= len(b) {
		hits := quoteOrEscape(word(b, i))
		if hits == 0 {
			i += 8
			continue
		}
		i += firstByte(hits)
		if b[i] == '"' {
			return i, escaped
		}
		escaped = true
		i += 2
	}
	for i < len(b) && b[i] != '"' {
		if b[i] == '\\' {
			escaped = true
			i++
		}
		i++
	}
	return min(i, len(b)), escaped
}

// skipString takes the place just behind an opening quote and returns that of
// the closing one, or len(b). It looks for quotes only, and then whether they
// are escaped: where the next word begins does not depend on what is in this
// one, so the processor works ahead. That matters for JSON in strings, which
// has an escaped quote every few bytes.
func skipString(b []byte, i int) int {
	start := i
	for ; i+8 <= len(b); i += 8 {
		for hits := quote(word(b, i)); hits != 0; hits &= hits - 1 {
			if at := i + firstByte(hits); !isEscaped(b, start, at) {
				return at
			}
		}
	}
	for ; i < len(b); i++ {
		if b[i] == '"' && !isEscaped(b, start, i) {
			return i
		}
	}
	return len(b)
}

// isEscaped tells whether an odd number of backslashes is right before i.
func isEscaped(b []byte, start, i int) bool {
	from := i
	for from > start && b[from-1] == '\\' {
		from--
	}
	return (i-from)&1 != 0
}
