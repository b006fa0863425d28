package rawjson

// Check reports the first thing that keeps b from being exactly one JSON value
// (RFC 8259) of valid UTF-8 in which arrays and objects are nested at most
// maxDepth levels deep; 0 allows only scalars. It returns nil if there is no
// such thing, and a *[SyntaxError] otherwise. Success allocates nothing up to
// 256 levels, and hostile nesting costs one bit a level, never stack.
func Check(b []byte, maxDepth int) error {
	if i, f := check(b, maxDepth); f != "" {
		return f.at(b, i, maxDepth)
	}
	return nil
}

// check looks at a whole text.
func check(b []byte, maxDepth int) (i int, f fault) {
	if i, f = checkValue(b, skipSpace(b, 0), maxDepth); f != "" {
		return i, f
	}
	if i = skipSpace(b, i); i < len(b) {
		return i, afterDocument
	}
	return i, ""
}

// checkValue reads the value that begins at i and returns where it ends. It is
// one loop instead of a function for each kind of container, so that the input's
// depth is never the depth of the call stack.
func checkValue(b []byte, i, maxDepth int) (_ int, f fault) {
	var open nesting
value:
	if i >= len(b) {
		return i, atValue
	}
	switch c := b[i]; c {
	case '"':
		i, f = checkString(b, i+1)
	case '{':
		if open.depth >= maxDepth {
			return i, tooDeep
		}
		i = skipSpace(b, i+1)
		if i < len(b) && b[i] == '}' {
			i++
			break
		}
		open.push(true)
		if i, f = checkKey(b, i); f == "" {
			goto value
		}
	case '[':
		if open.depth >= maxDepth {
			return i, tooDeep
		}
		i = skipSpace(b, i+1)
		if i < len(b) && b[i] == ']' {
			i++
			break
		}
		open.push(false)
		goto value
	default:
		i, f = checkScalar(b, i)
	}
	for f == "" {
		if open.depth == 0 {
			return i, ""
		}
		i = skipSpace(b, i)
		switch {
		case i >= len(b):
			return i, open.after()
		case b[i] == ',' && open.inObject:
			if i, f = checkKey(b, skipSpace(b, i+1)); f == "" {
				goto value
			}
		case b[i] == ',':
			i = skipSpace(b, i+1)
			goto value
		case b[i] == open.closer():
			open.pop()
			i++
		default:
			return i, open.after()
		}
	}
	return i, f
}

// checkKey reads an object's key, which must begin at i, and the colon, and
// returns where the value begins.
func checkKey(b []byte, i int) (int, fault) {
	if i >= len(b) || b[i] != '"' {
		return i, atKey
	}
	i, f := checkString(b, i+1)
	if f != "" {
		return i, f
	}
	if i = skipSpace(b, i); i >= len(b) || b[i] != ':' {
		return i, afterKey
	}
	return skipSpace(b, i+1), ""
}
