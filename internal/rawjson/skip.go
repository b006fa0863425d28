package rawjson

// The functions here find where checked values end. They look only at what
// they need for that, and on unchecked text they stop at its end at the latest.

// span is a place in a text: text[start:end].
type span struct{ start, end int }

func (s span) of(b []byte) []byte { return b[s.start:s.end:s.end] }

// whole returns the place of the one value in b, without the space around it.
func whole(b []byte) span {
	start, end := skipSpace(b, 0), len(b)
	for end > start && isSpace(b[end-1]) {
		end--
	}
	return span{start, end}
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t'
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	return i
}

// skipValue returns the end of the value that begins at i; i itself if none
// does.
func skipValue(b []byte, i int) int {
	if i >= len(b) {
		return i
	}
	switch b[i] {
	case '"':
		return min(skipString(b, i+1)+1, len(b))
	case '{', '[':
		return skipContainer(b, i)
	}
	for i < len(b) && !endsScalar[b[i]] {
		i++
	}
	return i
}

// skipContainer counts brackets of both kinds alike: in checked text they
// match.
func skipContainer(b []byte, i int) int {
	depth := 0
	for ; i < len(b); i++ {
		switch role[b[i]] {
		case roleNone:
		case roleQuote:
			i = skipString(b, i+1)
		case roleOpen:
			depth++
		case roleClose:
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(b)
}

const (
	roleNone = iota
	roleQuote
	roleOpen
	roleClose
)

var role = [256]uint8{'"': roleQuote, '{': roleOpen, '[': roleOpen, '}': roleClose, ']': roleClose}

var endsScalar = [256]bool{
	',': true, '}': true, ']': true, ':': true, '"': true, '{': true, '[': true,
	' ': true, '\n': true, '\r': true, '\t': true,
}
