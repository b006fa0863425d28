package tiki

import "strings"

const metaPrefix = "tiki."

// meta are the metadata of an event.
type meta struct {
	queue string
	facts [len(factNames)]string
}

// Lookup implements [pipeline.MetaSource].
func (m *meta) Lookup(key string) (string, bool) {
	name, ok := strings.CutPrefix(key, metaPrefix)
	if !ok {
		return "", false
	}
	if name == "queue" {
		return m.queue, true
	}
	for i, fact := range factNames {
		if fact == name {
			return m.facts[i], m.facts[i] != ""
		}
	}
	return "", false
}

// Each implements [pipeline.MetaSource].
func (m *meta) Each(f func(key, value string)) {
	f(metaPrefix+"queue", m.queue)
	for i, name := range factNames {
		if m.facts[i] != "" {
			f(metaPrefix+name, m.facts[i])
		}
	}
}
