package rawjson

import "iter"

// member is the place of one member of an object in a text.
type member struct {
	key     span // with its quotes
	value   span
	escaped bool // whether there are escapes in the key
}

// nextMember finds the member that follows i, which is just behind the opening
// brace or the value before.
func nextMember(b []byte, i int) (m member, ok bool) {
	i = skipSpace(b, i)
	if i < len(b) && b[i] == ',' {
		i = skipSpace(b, i+1)
	}
	if i >= len(b) || b[i] != '"' {
		return m, false
	}
	m.key.start = i
	i, m.escaped = skipKey(b, i+1)
	if i >= len(b) {
		return m, false
	}
	i++
	m.key.end = i
	m.value.start = skipSpace(b, skipSpace(b, i)+1) // one for the colon
	m.value.end = skipValue(b, m.value.start)
	return m, m.value.end > m.value.start
}

func (m *member) hasKey(b []byte, key string) bool {
	raw := b[m.key.start+1 : m.key.end-1]
	if m.escaped {
		return equalEscaped(raw, key)
	}
	return string(raw) == key
}

// Members yields the members of an object in document order, duplicates
// included: the key with its quotes and the value, both as they are in the
// text. obj must have passed [Check]; what is not an object has no members.
func Members(obj []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		if KindOf(obj) != Object {
			return
		}
		m, ok := nextMember(obj, skipSpace(obj, 0)+1)
		for ok && yield(m.key.of(obj), m.value.of(obj)) {
			m, ok = nextMember(obj, m.value.end)
		}
	}
}
