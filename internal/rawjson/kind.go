package rawjson

// Kind is what kind of JSON value a text is.
type Kind byte

// The kinds of JSON values. Invalid is what cannot begin a value, and the
// empty text.
const (
	Invalid Kind = iota
	Null
	Bool
	Number
	String
	Object
	Array
)

// KindOf returns the kind of v, judged by its first byte that is not space.
func KindOf(v []byte) Kind {
	i := skipSpace(v, 0)
	if i >= len(v) {
		return Invalid
	}
	switch c := v[i]; {
	case c == '"':
		return String
	case c == '{':
		return Object
	case c == '[':
		return Array
	case c == '-' || isDigit(c):
		return Number
	case c == 't' || c == 'f':
		return Bool
	case c == 'n':
		return Null
	}
	return Invalid
}

var kindNames = [...]string{"invalid", "null", "bool", "number", "string", "object", "array"}

// String returns the kind's name in lower case.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown kind"
}
