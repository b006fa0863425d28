package rawjson

import "bytes"

// lastOnes tells which members of an object count: the last one of each key.
type lastOnes struct {
	text    []byte
	members []member
	byKey   map[string]int // of an object with many members
}

// manyMembers is from where on members are looked up instead of compared, so that
// an object costs no more than in proportion to its size.
const manyMembers = 48

// has tells whether no member behind i has the same key.
func (l *lastOnes) has(i int) bool {
	if len(l.members) > manyMembers {
		return l.lookUp(i)
	}
	for j := i + 1; j < len(l.members); j++ {
		if l.sameKey(&l.members[i], &l.members[j]) {
			return false
		}
	}
	return true
}

func (l *lastOnes) lookUp(i int) bool {
	if l.byKey == nil {
		l.byKey = make(map[string]int, len(l.members))
		for j, m := range l.members {
			l.byKey[Text(m.key.of(l.text))] = j
		}
	}
	return l.byKey[Text(l.members[i].key.of(l.text))] == i
}

func (l *lastOnes) sameKey(a, b *member) bool {
	keyA, keyB := a.key.of(l.text), b.key.of(l.text)
	switch {
	case !a.escaped && !b.escaped:
		return bytes.Equal(keyA, keyB)
	case !a.escaped:
		return equalEscaped(keyB[1:len(keyB)-1], string(keyA[1:len(keyA)-1]))
	}
	return EqualText(keyB, Text(keyA))
}
