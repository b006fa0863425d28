package rawjson

// nesting remembers which of the open containers are objects, one bit each.
// The first 256 levels need no memory beyond the struct.
type nesting struct {
	depth    int
	inObject bool // whether the innermost one is an object
	near     [4]uint64
	far      []uint64
}

// push opens a container and remembers what the one around it was.
func (n *nesting) push(object bool) {
	word, bit := n.word(), uint64(1)<<(n.depth&63)
	*word &^= bit
	if n.inObject {
		*word |= bit
	}
	n.depth++
	n.inObject = object
}

func (n *nesting) pop() {
	n.depth--
	n.inObject = *n.word()>>(n.depth&63)&1 != 0
}

// word returns the word with the bit of the current depth.
func (n *nesting) word() *uint64 {
	i := n.depth >> 6
	if i < len(n.near) {
		return &n.near[i]
	}
	i -= len(n.near)
	if i == len(n.far) {
		n.far = append(n.far, 0)
	}
	return &n.far[i]
}

func (n *nesting) closer() byte {
	if n.inObject {
		return '}'
	}
	return ']'
}

func (n *nesting) after() fault {
	if n.inObject {
		return afterMember
	}
	return afterElement
}
