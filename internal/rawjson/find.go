package rawjson

// Find returns the value at p as it is in b, without the space around it, and
// whether there is one. Of duplicate keys the last counts, at every level; keys
// match exactly, after reading their escapes, unless the path is folded. b must
// have passed [Check]. Find does not allocate.
func (p Path) Find(b []byte) ([]byte, bool) {
	at, ok := find(b, whole(b), p.steps)
	if !ok {
		return nil, false
	}
	return at.of(b), true
}

// find walks from the value at the given place along the steps.
func find(b []byte, at span, steps []step) (span, bool) {
	ok := at.end > at.start
	for i := 0; ok && i < len(steps); i++ {
		at, ok = child(b, at, &steps[i])
	}
	return at, ok
}

// child finds what the step leads to in the value at the given place.
func child(b []byte, at span, s *step) (span, bool) {
	switch {
	case b[at.start] == '{' && !s.isIndex:
		m, ok := findMember(b, at.start, s)
		return m.value, ok
	case b[at.start] == '[' && s.isIndex:
		return findElement(b, at.start, s.index)
	}
	return span{}, false
}

// findMember reads the object that opens at the given place to its end, since
// a later duplicate would count.
func findMember(b []byte, open int, s *step) (found member, ok bool) {
	if s.fold != nil {
		return findFolded(b, open, s)
	}
	for m, more := nextMember(b, open+1); more; m, more = nextMember(b, m.value.end) {
		if m.hasKey(b, s.key) {
			found, ok = m, true
		}
	}
	return found, ok
}

func findElement(b []byte, open, index int) (span, bool) {
	e, ok := nextElement(b, open+1)
	for ; ok && index > 0; index-- {
		e, ok = nextElement(b, e.end)
	}
	return e, ok && index == 0
}
