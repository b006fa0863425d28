package rawjson

// Delete returns b without what is at p, and whether there was anything; if
// not, it returns b itself. Of duplicate keys all are removed, those in another
// casing too if p is folded. Every other
// member and element stays as it is spelled. b must have passed [Check].
//
// The whole text cannot be deleted: for the zero Path there is nothing.
func Delete(b []byte, p Path) ([]byte, bool) {
	at, ok := findParent(b, p)
	if !ok {
		return b, false
	}
	s := &p.steps[len(p.steps)-1]
	if s.isIndex {
		return removeElement(b, at.start, s.index), true
	}
	return removeMembers(b, at.start, func(m *member) bool { return m.matches(b, s) }), true
}

// findParent finds the container of what is at p, if there is anything.
func findParent(b []byte, p Path) (span, bool) {
	if len(p.steps) == 0 {
		return span{}, false
	}
	last := len(p.steps) - 1
	at, ok := find(b, whole(b), p.steps[:last])
	if !ok {
		return at, false
	}
	_, ok = find(b, at, p.steps[last:])
	return at, ok
}

func removeElement(b []byte, open, index int) []byte {
	cut := cutter{text: b}
	for e, ok := nextElement(b, open+1); ok; e, ok = nextElement(b, e.end) {
		cut.item(e, index == 0)
		index--
	}
	return cut.result()
}

func removeMembers(b []byte, open int, drop func(*member) bool) []byte {
	cut := cutter{text: b}
	for m, ok := nextMember(b, open+1); ok; m, ok = nextMember(b, m.value.end) {
		cut.item(span{m.key.start, m.value.end}, drop(&m))
	}
	return cut.result()
}

// cutter copies a container without some of its items. A run of dropped items
// takes with it the comma and the space up to the next kept one; at the end of
// the container, where there is none, those after the last kept one.
type cutter struct {
	text   []byte
	out    []byte
	copied int  // text[:copied] is dealt with
	kept   span // the last item that stays; empty if there is none yet
	run    span // the dropped items since then; empty if there are none
}

// item takes the next item of the container in document order.
func (c *cutter) item(at span, drop bool) {
	if drop {
		if c.run.end == 0 {
			c.run.start = at.start
		}
		c.run.end = at.end
		return
	}
	if c.run.end != 0 {
		c.out = append(c.out, c.text[c.copied:c.run.start]...)
		c.copied = at.start
		c.run = span{}
	}
	c.kept = at
}

func (c *cutter) result() []byte {
	if c.run.end != 0 {
		end := c.run.start
		if c.kept.end != 0 {
			end = c.kept.end
		}
		c.out = append(c.out, c.text[c.copied:end]...)
		c.copied = c.run.end
	}
	return append(c.out, c.text[c.copied:]...)
}
