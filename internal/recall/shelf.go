package recall

import (
	"bytes"
	"container/list"
	"time"
)

// answer is what the service said about a key.
type answer struct {
	value []byte
	found bool
}

// kept is an answer on the shelf.
type kept struct {
	answer
	key   string
	until time.Time
}

// overhead is what an answer costs besides its key and value: 170 to 180 bytes were
// measured, with its share of the map.
const overhead = 192

func (k *kept) size() int64 { return overhead + int64(len(k.key)+len(k.value)) }

// shelf keeps answers within its bounds. The one that nobody has asked for longest
// stands at the back, and makes room.
type shelf struct {
	maxEntries int
	maxBytes   int64
	bytes      int64
	order      *list.List // of *kept
	places     map[string]*list.Element
}

func newShelf(maxEntries int, maxBytes int64) shelf {
	return shelf{maxEntries: maxEntries, maxBytes: maxBytes, order: list.New(), places: map[string]*list.Element{}}
}

// get returns an answer whose time is not over, or nil.
func (s *shelf) get(key []byte, now time.Time) *answer {
	place := s.places[string(key)]
	if place == nil {
		return nil
	}
	k := place.Value.(*kept)
	if !now.Before(k.until) {
		s.remove(place)
		return nil
	}
	s.order.MoveToFront(place)
	return &k.answer
}

// put keeps an answer instead of an older one. One that is larger than the whole
// shelf is not kept.
func (s *shelf) put(key string, a answer, until time.Time) {
	if old := s.places[key]; old != nil {
		s.remove(old)
	}
	k := &kept{a, key, until}
	if k.size() > s.maxBytes {
		return
	}
	k.value = bytes.Clone(a.value) // what was read may have room behind it, which nobody counts
	s.places[key] = s.order.PushFront(k)
	s.bytes += k.size()
	for len(s.places) > s.maxEntries || s.bytes > s.maxBytes {
		s.remove(s.order.Back())
	}
}

func (s *shelf) remove(place *list.Element) {
	k := s.order.Remove(place).(*kept)
	delete(s.places, k.key)
	s.bytes -= k.size()
}
