package rawjson

import (
	"bytes"
	"slices"
)

// Folded returns the path whose keys match in either casing, by Unicode's simple
// folding. A key that matches exactly wins over those that do not; of those that
// match only folded the last in the text counts.
func (p Path) Folded() Path {
	folded := Path{steps: slices.Clone(p.steps)}
	for i, s := range p.steps {
		folded.steps[i] = s.folded()
	}
	return folded
}

func (s step) folded() step {
	if !s.isIndex {
		s.fold = append([]byte{}, s.key...)
	}
	return s
}

// findFolded is findMember for a folded step.
func findFolded(b []byte, open int, s *step) (found member, ok bool) {
	exact := false
	for m, more := nextMember(b, open+1); more; m, more = nextMember(b, m.value.end) {
		switch {
		case m.hasKey(b, s.key):
			found, ok, exact = m, true, true
		case !exact && foldsTo(b[m.key.start+1:m.key.end-1], m.escaped, s.fold):
			found, ok = m, true
		}
	}
	return found, ok
}

// getFolded is get for a folded step.
func (f *Fields) getFolded(s *step) (value []byte, ok bool) {
	for i := len(f.entries) - 1; i >= 0; i-- {
		e := &f.entries[i]
		if e.hasKey(f.text, s.key) {
			return e.of(f.text), true
		}
		if !ok && foldsTo(f.text[e.key+1:e.keyEnd-1], e.valueEnd&escapedBit != 0, s.fold) {
			value, ok = e.of(f.text), true
		}
	}
	return value, ok
}

// matches tells whether the step may mean the member.
func (m *member) matches(b []byte, s *step) bool {
	return m.hasKey(b, s.key) || s.fold != nil && foldsTo(b[m.key.start+1:m.key.end-1], m.escaped, s.fold)
}

// foldsTo tells whether the inside of a key is the given one in any casing.
func foldsTo(inner []byte, escaped bool, key []byte) bool {
	const longest = 12 // bytes that a character takes at most, as two escapes
	switch {
	case len(inner) > longest*len(key):
		return false
	case !escaped:
		return bytes.EqualFold(inner, key)
	}
	var buf [256]byte
	return bytes.EqualFold(appendUnescaped(buf[:0], inner), key)
}
