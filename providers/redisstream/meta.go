package redisstream

import (
	"slices"
	"strconv"
	"strings"
)

const (
	metaPrefix  = "redisstream."
	fieldPrefix = "field." // before names of fields that are our own, too

	metaID         = "id"
	metaStream     = "stream"
	metaDeliveries = "deliveries"
)

func isOwn(name string) bool {
	return name == metaID || name == metaStream || name == metaDeliveries
}

// meta are the metadata of an entry.
type meta struct {
	stream string
	id     string
	times  int // it was given out; 0: not known
	fields []field
}

// Lookup implements [pipeline.MetaSource].
func (m *meta) Lookup(key string) (string, bool) {
	name, ok := strings.CutPrefix(key, metaPrefix)
	if !ok {
		return "", false
	}
	switch name {
	case metaID:
		return m.id, true
	case metaStream:
		return m.stream, true
	case metaDeliveries:
		return strconv.Itoa(m.times), m.times > 0
	}
	i := slices.IndexFunc(m.fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return "", false
	}
	return m.fields[i].value, true
}

// Each implements [pipeline.MetaSource].
func (m *meta) Each(f func(key, value string)) {
	for _, name := range [...]string{metaID, metaStream, metaDeliveries} {
		if v, ok := m.Lookup(metaPrefix + name); ok {
			f(metaPrefix+name, v)
		}
	}
	for _, own := range m.fields {
		f(metaPrefix+own.name, own.value)
	}
}

// Namespace says that no mark of leat is among the names, see [pipeline.Event.AppendLabel].
func (m *meta) Namespace() string { return metaPrefix }
