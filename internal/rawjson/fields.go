package rawjson

// Fields is a shallow index of one object, for reading several of its members
// while scanning it only once. The zero value is ready to use and has no
// fields. It refers to the text it was given until Index or Reset is called; it
// may be read by several goroutines at once, but indexed by only one.
type Fields struct {
	text    []byte
	entries []entry
}

// entry is a member in few bytes: an index lives as long as its event.
type entry struct {
	key, keyEnd     uint32 // with the quotes
	value, valueEnd uint32 // the highest bit of valueEnd: there are escapes in the key
}

const (
	escapedBit = 1 << 31
	// maxIndexed is how long a text can be for its places to fit into an entry;
	// one that is longer is scanned for each read.
	maxIndexed = escapedBit - 1
	// leastMember is about the fewest bytes that a member takes.
	leastMember = 8
	// usualFields is how many members an index has room for at first.
	usualFields = 16
)

// Index makes f the index of obj, keeping the memory of the index before. What
// is not an object has no fields. obj must have passed [Check], and must not
// change while f is in use.
func (f *Fields) Index(obj []byte) {
	f.Reset()
	at := whole(obj)
	f.text = at.of(obj)
	if len(f.text) == 0 || f.text[0] != '{' || len(f.text) > maxIndexed {
		return
	}
	for m, ok := nextMember(f.text, 1); ok; m, ok = nextMember(f.text, m.value.end) {
		f.add(m, len(f.text)-m.value.end)
	}
}

// add notes a member behind which there are so many bytes.
func (f *Fields) add(m member, behind int) {
	if f.entries == nil {
		f.entries = make([]entry, 0, 1+min(behind/leastMember, usualFields-1))
	}
	f.entries = append(f.entries, entryOf(m))
}

func entryOf(m member) entry {
	e := entry{uint32(m.key.start), uint32(m.key.end), uint32(m.value.start), uint32(m.value.end)}
	if m.escaped {
		e.valueEnd |= escapedBit
	}
	return e
}

// Reset forgets the object and keeps the memory for the next.
func (f *Fields) Reset() {
	f.text = nil
	f.entries = f.entries[:0]
}

// Get returns the value of the member with the given key as it is in the text,
// the last one if there are several, and whether there is one. It does not
// allocate.
func (f *Fields) Get(key string) ([]byte, bool) {
	return f.get(&step{key: key})
}

func (f *Fields) get(s *step) ([]byte, bool) {
	if len(f.text) > maxIndexed {
		return Path{steps: []step{*s}}.Find(f.text)
	}
	if s.fold != nil {
		return f.getFolded(s)
	}
	for i := len(f.entries) - 1; i >= 0; i-- {
		if e := &f.entries[i]; e.hasKey(f.text, s.key) {
			return e.of(f.text), true
		}
	}
	return nil, false
}

func (e *entry) of(b []byte) []byte {
	return span{int(e.value), int(e.valueEnd &^ escapedBit)}.of(b)
}

func (e *entry) hasKey(b []byte, key string) bool {
	raw := b[e.key+1 : e.keyEnd-1]
	if e.valueEnd&escapedBit != 0 {
		return equalEscaped(raw, key)
	}
	return string(raw) == key
}

// Find returns what p.Find would for the indexed text: the first step is looked
// up in the index and the rest by scanning. The zero path is the text itself.
func (f *Fields) Find(p Path) ([]byte, bool) {
	if len(p.steps) == 0 || p.steps[0].isIndex {
		return p.Find(f.text)
	}
	value, ok := f.get(&p.steps[0])
	if !ok || len(p.steps) == 1 {
		return value, ok
	}
	return Path{steps: p.steps[1:]}.Find(value)
}
