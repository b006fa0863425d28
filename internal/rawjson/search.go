package rawjson

import "sync"

// Names are names of fields that [Names.Find] looks for anywhere in a value, in
// either casing. They are immutable and may be shared.
type Names struct{ keys [][]byte }

// NewNames returns the names in the given order.
func NewNames(names ...string) Names {
	n := Names{keys: make([][]byte, len(names))}
	for i, name := range names {
		n.keys[i] = append([]byte{}, validText(name)...)
	}
	return n
}

// Len returns the number of names.
func (n Names) Len() int { return len(n.keys) }

const (
	// maxLevels is how deep names are looked for, and maxContainers in how many
	// objects and arrays: a hostile text must not cost more than to read it some
	// dozens of times.
	maxLevels     = 64
	maxContainers = 10_000
	// maxKept is for how many containers and members memory is kept.
	maxKept = 4096
)

// Find appends to dst, for each name, the value that it has in v as it is in the
// text, or nil. Names of the fewest objects and arrays around them come first,
// then those that come first in the text. Objects, arrays and null are no values
// here, and of duplicate keys the last counts. v must have passed [Check].
//
// All names are looked for together, level by level, until all are found.
func (n Names) Find(dst [][]byte, v []byte) [][]byte {
	s := searches.Get().(*search)
	defer s.done()
	s.text, s.keys, s.left = v, n.keys, len(n.keys)
	for range n.keys {
		s.found = append(s.found, span{})
	}
	s.enqueue(whole(v))
	s.run()
	for _, at := range s.found {
		if at.end == 0 {
			dst = append(dst, nil)
			continue
		}
		dst = append(dst, at.of(v))
	}
	return dst
}

// searches keeps the memory of searches for the next ones.
var searches = sync.Pool{New: func() any { return new(search) }}

// done gives the memory back, unless a large text has made it large.
func (s *search) done() {
	if cap(s.containers)+cap(s.members) <= maxKept {
		*s = search{found: s.found[:0], containers: s.containers[:0], members: s.members[:0]}
		searches.Put(s)
	}
}

// search is under way through the objects and arrays of a text, breadth first.
type search struct {
	text       []byte
	keys       [][]byte
	found      []span   // the values of keys; empty for what is not found
	left       int      // how many are not found
	containers []span   // those that were seen, in the order in which they are opened
	members    []member // of the object that is open
}

func (s *search) run() {
	next := 0
	for level := 0; level < maxLevels && next < len(s.containers); level++ {
		for end := len(s.containers); next < end; next++ {
			if s.left == 0 {
				return
			}
			s.open(s.containers[next])
		}
	}
}

// enqueue notes a value to be opened, if it can be.
func (s *search) enqueue(at span) {
	if at.end > at.start && (s.text[at.start] == '{' || s.text[at.start] == '[') && len(s.containers) < maxContainers {
		s.containers = append(s.containers, at)
	}
}

func (s *search) open(at span) {
	if s.text[at.start] == '[' {
		for e, ok := nextElement(s.text, at.start+1); ok; e, ok = nextElement(s.text, e.end) {
			s.enqueue(e)
		}
		return
	}
	s.members = s.members[:0]
	for m, ok := nextMember(s.text, at.start+1); ok; m, ok = nextMember(s.text, m.value.end) {
		s.members = append(s.members, m)
	}
	last := lastOnes{text: s.text, members: s.members}
	for i := range s.members {
		s.member(i, &last)
	}
}

// member looks whether a member is a value that is searched, or leads to one.
func (s *search) member(i int, last *lastOnes) {
	m := &s.members[i]
	switch s.text[m.value.start] {
	case 'n':
	case '{', '[':
		if last.has(i) {
			s.enqueue(m.value)
		}
	default:
		s.value(i, last)
	}
}

func (s *search) value(i int, last *lastOnes) {
	m := &s.members[i]
	for k, key := range s.keys {
		if s.found[k].end == 0 && foldsTo(s.text[m.key.start+1:m.key.end-1], m.escaped, key) && last.has(i) {
			s.found[k] = m.value
			s.left--
		}
	}
}
