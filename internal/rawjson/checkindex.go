package rawjson

import "bytes"

// CheckIndex is [Check] and [Fields.Index] in one pass over the text. What is not
// an object is checked and has no fields; after an error there are none.
func (f *Fields) CheckIndex(b []byte, maxDepth int) error {
	f.Reset()
	i := skipSpace(b, 0)
	if i >= len(b) || b[i] != '{' || maxDepth < 1 || len(b) > maxIndexed {
		if err := Check(b, maxDepth); err != nil {
			return err
		}
		f.Index(b)
		return nil
	}
	end, wrong := f.checkMembers(b, i, maxDepth)
	if wrong == "" {
		if last := skipSpace(b, end); last < len(b) {
			end, wrong = last, afterDocument
		}
	}
	if wrong != "" {
		f.Reset()
		return wrong.at(b, end, maxDepth)
	}
	f.text = b[i:end:end]
	return nil
}

// checkMembers reads the object that begins at start and notes its members, whose
// places count from there.
func (f *Fields) checkMembers(b []byte, start, maxDepth int) (i int, wrong fault) {
	i = skipSpace(b, start+1)
	if i < len(b) && b[i] == '}' {
		return i + 1, ""
	}
	for {
		key := i
		value, wrong := checkKey(b, i)
		if wrong != "" {
			return value, wrong
		}
		if i, wrong = checkValue(b, value, maxDepth-1); wrong != "" {
			return i, wrong
		}
		f.add(memberAt(b, start, key, value, i), len(b)-i)
		if i = skipSpace(b, i); i >= len(b) || b[i] != ',' && b[i] != '}' {
			return i, afterMember
		}
		if b[i] == '}' {
			return i + 1, ""
		}
		i = skipSpace(b, i+1)
	}
}

// memberAt is the member whose key begins at key and whose value lies from value
// to end, in a text that begins at start.
func memberAt(b []byte, start, key, value, end int) member {
	colon := bytes.LastIndexByte(b[key:value], '"') // behind it there is only the colon
	m := member{escaped: bytes.IndexByte(b[key:key+colon], '\\') >= 0}
	m.key = span{key - start, key + colon + 1 - start}
	m.value = span{value - start, end - start}
	return m
}
