package conf

// mergeRoots merges whole files. A file that is not a map cannot add to one
// that is, and replacing all of it would hide the mistake.
func mergeRoots(base, over *Node, p *Problems) *Node {
	switch {
	case base == nil || base.Kind == Null:
		return over
	case over.Kind == Null:
		return base
	case base.Kind != over.Kind:
		p.add(over, "this file holds "+over.Kind.String()+", and the one before it "+base.Kind.String())
		return base
	}
	return merge(base, over)
}

// merge lays over on base: maps merge by name, anything else replaces. It makes
// new maps and leaves both trees alone. A merged map keeps the place of base.
func merge(base, over *Node) *Node {
	if base.Kind != Map || over.Kind != Map {
		return over
	}
	merged := *base
	merged.Fields = make([]Field, 0, len(base.Fields)+len(over.Fields))
	index := make(map[string]int, len(base.Fields))
	for i, f := range base.Fields {
		index[f.Key.Value] = i
		merged.Fields = append(merged.Fields, f)
	}
	for _, f := range over.Fields {
		i, both := index[f.Key.Value]
		if !both {
			merged.Fields = append(merged.Fields, f)
			continue
		}
		merged.Fields[i] = mergeField(merged.Fields[i], f)
	}
	return &merged
}

// mergeField keeps the key that belongs to the value: a replaced value was
// written behind the key of its own file.
func mergeField(base, over Field) Field {
	value := merge(base.Value, over.Value)
	if value == over.Value {
		return over
	}
	return Field{Key: base.Key, Value: value}
}
