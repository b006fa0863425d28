package rawjson

// Compact appends b without the space between its tokens; nothing else changes.
// b must have passed [Check].
func Compact(dst, b []byte) []byte {
	for i := 0; i < len(b); {
		if isSpace(b[i]) {
			i++
			continue
		}
		end := skipDense(b, i)
		dst = append(dst, b[i:end]...)
		i = end
	}
	return dst
}

// skipDense returns the next space from i on that is not inside of a string.
func skipDense(b []byte, i int) int {
	for ; i < len(b) && !isSpace(b[i]); i++ {
		if b[i] == '"' {
			i = skipString(b, i+1)
		}
	}
	return min(i, len(b))
}
