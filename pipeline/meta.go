package pipeline

import (
	"iter"
	"slices"
)

// Marks are the metadata that the engine and its stages leave on an event.
const (
	MarkLate          = "leat.late"           // earlier than the last released event of its key
	MarkLateBy        = "leat.late_by"        // by how much, as a Go duration
	MarkForced        = "leat.forced"         // released before its time, to stay within max_held
	MarkUnordered     = "leat.unordered"      // has no time: it kept its place of arrival; or what went before is not known
	MarkOrderSeq      = "leat.order_seq"      // higher than that of every event of its key before it, across replicas
	MarkUnkeyed       = "leat.unkeyed"        // has no key: it was not ordered
	MarkGap           = "leat.gap"            // the event of the key before it became a dead letter
	MarkDedupe        = "leat.dedupe"         // "unknown": the state could not be asked
	MarkAmbiguousTime = "leat.ambiguous_time" // its local time happened twice
	MarkReplayed      = "leat.replayed"       // comes from the dead letters
)

// ReplayedFromStart is the [MarkReplayed] of an event that goes through its flow once
// more from the start, after a dedupe has recorded it as a dead letter.
const ReplayedFromStart = "from start"

// metadata is a list of entries, newest first. Entries never change, so the
// children of an event share those of their parent without copying.
type metadata struct {
	older      *metadata
	key, value string
	lazy       MetaSource // instead of key and value
}

// MetaSource is metadata that is read only when somebody asks for it, such as
// the attributes of a message that are still JSON.
type MetaSource interface {
	Lookup(key string) (string, bool)
	// Each calls f once for every name.
	Each(f func(key, value string))
}

// Meta returns a metadata value, or "" when there is none.
func (e *Event) Meta(key string) string {
	v, _ := e.LookupMeta(key)
	return v
}

// LookupMeta returns a metadata value and whether there is one.
func (e *Event) LookupMeta(key string) (string, bool) {
	for m := e.meta; m != nil; m = m.older {
		if m.lazy != nil {
			if v, ok := m.lazy.Lookup(key); ok {
				return v, true
			}
		} else if m.key == key {
			return m.value, true
		}
	}
	return "", false
}

// SetMeta sets a metadata value on this event and the children made from it
// later. Names carry their origin in front: sns.shopId, http.path.
func (e *Event) SetMeta(key, value string) {
	e.meta = &metadata{older: e.meta, key: key, value: value}
}

// AddMeta adds metadata that is read on demand. It hides older entries of the
// same names.
func (e *Event) AddMeta(s MetaSource) { e.meta = &metadata{older: e.meta, lazy: s} }

// AllMeta yields every metadata entry once, the newest first.
func (e *Event) AllMeta() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		stopped := false
		e.EachMeta(func(key, value string) { stopped = stopped || !yield(key, value) })
	}
}

// EachMeta calls f for every metadata entry once, the newest first.
func (e *Event) EachMeta(f func(key, value string)) {
	if e.meta != nil && e.meta.older == nil && e.meta.lazy != nil {
		e.meta.lazy.Each(f)
		return
	}
	var few [8]string
	names := seen{list: few[:0]}
	visit := func(k, v string) {
		if names.add(k) {
			f(k, v)
		}
	}
	for m := e.meta; m != nil; m = m.older {
		if m.lazy != nil {
			m.lazy.Each(visit)
		} else {
			visit(m.key, m.value)
		}
	}
}

// seen are names that were met; few of them need no map.
type seen struct {
	list []string
	more map[string]bool
}

// add reports whether a name is new.
func (s *seen) add(name string) bool {
	if s.more[name] || slices.Contains(s.list, name) {
		return false
	}
	if len(s.list) < cap(s.list) {
		s.list = append(s.list, name)
		return true
	}
	if s.more == nil {
		s.more = map[string]bool{}
	}
	s.more[name] = true
	return true
}
