package rawjson

// Fields is a shallow index of one object, for reading several of its members
// while scanning it only once. The zero value is ready to use and has no
// fields. It refers to the text it was given until Index or Reset is called; it
// may be read by several goroutines at once, but indexed by only one.
type Fields struct {
	text    []byte
	members []member
}

// Index makes f the index of obj, keeping the memory of the index before. What
// is not an object has no fields. obj must have passed [Check], and must not
// change while f is in use.
func (f *Fields) Index(obj []byte) {
	f.Reset()
	at := whole(obj)
	f.text = at.of(obj)
	if len(f.text) == 0 || f.text[0] != '{' {
		return
	}
	for m, ok := nextMember(f.text, 1); ok; m, ok = nextMember(f.text, m.value.end) {
		f.members = append(f.members, m)
	}
}

// Reset forgets the object and keeps the memory for the next.
func (f *Fields) Reset() {
	f.text = nil
	f.members = f.members[:0]
}

// Get returns the value of the member with the given key as it is in the text,
// the last one if there are several, and whether there is one. It does not
// allocate.
func (f *Fields) Get(key string) ([]byte, bool) {
	for i := len(f.members) - 1; i >= 0; i-- {
		if m := &f.members[i]; m.hasKey(f.text, key) {
			return m.value.of(f.text), true
		}
	}
	return nil, false
}

// Find returns what p.Find would for the indexed text: the first step is looked
// up in the index and the rest by scanning. The zero path is the text itself.
func (f *Fields) Find(p Path) ([]byte, bool) {
	if len(p.steps) == 0 || p.steps[0].isIndex {
		return p.Find(f.text)
	}
	value, ok := f.Get(p.steps[0].key)
	if !ok || len(p.steps) == 1 {
		return value, ok
	}
	return Path{steps: p.steps[1:]}.Find(value)
}
