package redisstream

import (
	"strconv"
	"sync"
	"time"
)

// entry is an entry of the stream from its reading until it is acknowledged or handed
// back.
type entry struct {
	*received

	// The table's lock guards these.
	key     string
	times   int       // it was given out by Redis; 0: not known
	returns int       // how often the flow handed it back
	kept    time.Time // when its age last began
	due     time.Time // when it is given to the flow again
	settled bool      // to be acknowledged
	back    bool      // to be left to others
	orphan  bool      // there is another entry of this id now, which is not this one's to settle
}

// table knows the entries in flight. One that comes again while it is there is not a
// second event.
type table struct {
	limit int

	mu      sync.Mutex
	entries map[string]*entry
	orphans int
	gone    map[string]bool // since [table.watch]; nil: nobody watches
	full    chan struct{}   // closed when there is room; nil while there is
}

func newTable(limit int) *table { return &table{limit: limit, entries: map[string]*entry{}} }

// add takes in what was read at a time. It returns the entries that are new, and how many
// were in flight already.
func (t *table) add(list []*received, now time.Time) (fresh []*entry, again int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range list {
		if t.gone[r.id] {
			continue
		}
		e := t.entries[r.id]
		if e != nil && !e.same(r) {
			t.orphan(e)
			e = nil
		}
		if e == nil {
			e = &entry{received: r, key: r.id}
			t.entries[e.key] = e
			fresh = append(fresh, e)
		} else {
			again++
		}
		e.times, e.kept = max(r.given, e.times), now
	}
	if len(t.entries) >= t.limit && t.full == nil {
		t.full = make(chan struct{})
	}
	return fresh, again
}

// watch has add leave out, until the returned function is called, what is forgotten from
// now on. An answer that says what is pending may have crossed with the acknowledgement.
func (t *table) watch() (end func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.gone = map[string]bool{}
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.gone = nil
	}
}

// orphan keeps an entry whose stream is gone, while its id belongs to another one.
func (t *table) orphan(e *entry) {
	t.orphans++
	e.orphan, e.key = true, e.id+" "+strconv.Itoa(t.orphans)
	t.entries[e.key] = e
}

// forget takes entries out. One that comes again is a new one.
func (t *table) forget(entries ...*entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range entries {
		if t.entries[e.key] == e {
			delete(t.entries, e.key)
		}
		if t.gone != nil {
			t.gone[e.key] = true
		}
	}
	if t.full != nil && len(t.entries) < t.limit {
		close(t.full)
		t.full = nil
	}
}

// room returns how many entries may be read, and when there is no room a channel that
// closes when there is.
func (t *table) room() (int, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return max(0, t.limit-len(t.entries)), t.full
}

// has reports whether an entry is in flight.
func (t *table) has(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.entries[id] != nil
}

// settle notes that an entry is to be acknowledged.
func (t *table) settle(e *entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e.settled = true
}

// leave notes that entries are to be left to others, and returns those that nobody has
// left or settled before.
func (t *table) leave(entries []*entry) (open []*entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range entries {
		if !e.settled && !e.back {
			e.back = true
			open = append(open, e)
		}
	}
	return open
}

// handedBack counts that the flow did not take an entry, and returns how often that
// happened.
func (t *table) handedBack(e *entry) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	e.returns++
	return e.returns
}

// deliveries is how often an entry was given out, by Redis and from memory; 0: not known.
func (t *table) deliveries(e *entry) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e.times == 0 {
		return 0
	}
	return e.times + e.returns
}

// old returns the entries whose age began before a time and that are to stay ours.
func (t *table) old(before time.Time) (list []*entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.entries {
		if !e.settled && !e.back && !e.orphan && e.kept.Before(before) {
			list = append(list, e)
		}
	}
	return list
}

// keep notes when the age of entries began anew.
func (t *table) keep(entries []*entry, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range entries {
		e.kept = at
	}
}

// ids returns the ids by which Redis knows entries. An orphan has none any more.
func (t *table) ids(entries []*entry) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	ids := make([]string, 0, len(entries))
	for _, e := range entries {
		if !e.orphan {
			ids = append(ids, e.id)
		}
	}
	return ids
}

// all returns all entries.
func (t *table) all() []*entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]*entry, 0, len(t.entries))
	for _, e := range t.entries {
		list = append(list, e)
	}
	return list
}
