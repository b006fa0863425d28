package conf

// Kind says what a [Node] holds.
type Kind int

// The kinds of a [Node].
const (
	Scalar Kind = iota // text: a word, a number, a quoted string
	Map                // name: value
	List               // - item
	Null               // nothing, ~ or null
)

func (k Kind) String() string {
	switch k {
	case Map:
		return "settings (name: value)"
	case List:
		return "a list"
	case Null:
		return "nothing"
	default:
		return "text"
	}
}

// Node is one value in a file and the place it was written.
type Node struct {
	// File, Line and Col say where the value begins. Line and Col count from 1,
	// Col in characters rather than bytes.
	File string
	Line int
	Col  int

	Kind Kind

	// Value is the text of a scalar after expansion. It may be a secret: print
	// Raw instead.
	Value string
	// Raw is the text of a scalar as written, with ${VAR} in place.
	Raw string
	// Plain is true for a scalar without quotes, so that 5 and "5" differ.
	Plain bool

	Fields []Field // of a Map, in the order they were written
	Items  []*Node // of a List

	// Fold says that names of fields in the text match in either casing; see
	// [Node.FoldCase] and [CaseFolder].
	Fold bool

	// isDefault: no file has the value, it is a default of leat's own.
	isDefault bool

	name   string
	src    *source
	pieces []piece    // what was put in place of ${…}, to keep it out of messages
	broken bool       // could not be expanded; the problem is already reported
	unread []*Problem // those reported because of that
	secret bool       // it was read as a Secret; see Conceal
}

// Field is one name: value of a map. Key is always a scalar.
type Field struct {
	Key   *Node
	Value *Node
}

// Get returns the value named key of a map, or nil if there is none or n is not
// a map.
func (n *Node) Get(key string) *Node {
	if n == nil {
		return nil
	}
	for _, f := range n.Fields {
		if f.Key.Value == key {
			return f.Value
		}
	}
	return nil
}

// Keys returns the names in a map, in the order they were written.
func (n *Node) Keys() []string {
	if n == nil {
		return nil
	}
	keys := make([]string, 0, len(n.Fields))
	for _, f := range n.Fields {
		keys = append(keys, f.Key.Value)
	}
	return keys
}

// Name returns the setting the node is the value of: the key in front of it, or
// in front of the list it is in. It is empty for the top of a file.
func (n *Node) Name() string {
	if n == nil {
		return ""
	}
	return n.name
}

// isBroken reports whether n, or anything in it, could not be expanded.
func (n *Node) isBroken() bool {
	if n.broken {
		return true
	}
	for _, f := range n.Fields {
		if f.Value.isBroken() {
			return true
		}
	}
	for _, item := range n.Items {
		if item.isBroken() {
			return true
		}
	}
	return false
}
