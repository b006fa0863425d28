package rawjson

// RenameKey returns b with another name for the key that is the last step of p,
// and whether there was such a key; if not, it returns b itself. The member
// stays in its place with its value. Any other member that has the old or the
// new name is removed, so that readers see the renamed value and no older
// duplicate. If p is folded that goes for either casing of both names. b must have passed [Check].
func RenameKey(b []byte, p Path, name string) ([]byte, bool) {
	at, ok := findParent(b, p)
	if !ok || p.steps[len(p.steps)-1].isIndex {
		return b, false
	}
	old := &p.steps[len(p.steps)-1]
	renamed, _ := findMember(b, at.start, old)
	named := step{key: validText(name)}
	if old.fold != nil {
		named = named.folded()
	}
	b = splice(b, renamed.key, AppendString(nil, name))
	// What lies before the key has not moved: its offset still tells it apart.
	return removeMembers(b, at.start, func(m *member) bool {
		return m.key.start != renamed.key.start && (m.matches(b, old) || m.matches(b, &named))
	}), true
}
