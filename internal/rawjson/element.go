package rawjson

import "iter"

// nextElement finds the array element that follows i, which is just behind the
// opening bracket or the element before.
func nextElement(b []byte, i int) (e span, ok bool) {
	i = skipSpace(b, i)
	if i < len(b) && b[i] == ',' {
		i = skipSpace(b, i+1)
	}
	e = span{i, skipValue(b, i)}
	return e, e.end > e.start
}

// Elements yields the elements of an array as they are in the text. arr must
// have passed [Check]; what is not an array has no elements.
func Elements(arr []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if KindOf(arr) != Array {
			return
		}
		e, ok := nextElement(arr, skipSpace(arr, 0)+1)
		for ok && yield(e.of(arr)) {
			e, ok = nextElement(arr, e.end)
		}
	}
}

// CountElements returns the number of elements of an array, 0 for what is not
// an array. arr must have passed [Check].
func CountElements(arr []byte) int {
	n := 0
	for range Elements(arr) {
		n++
	}
	return n
}
