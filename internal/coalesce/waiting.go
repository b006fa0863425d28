package coalesce

// item is what one caller waits for.
type item[T any] struct {
	value T
	size  int

	lane  *lane[T]
	next  *item[T] // behind it in its lane
	taken bool     // it is in a request
	gone  bool     // its caller left before that
	own   lane[T]  // the lane of an item without a group

	err     error // what became of it, once settled is closed
	settled chan struct{}
	told    func(err error, sent *Batch) // in its place, for a caller that does not wait
	left    <-chan struct{}              // such a caller does not want it sent once this is closed
}

// lane is the items of a group that are in no request yet, in the order of the
// calls.
type lane[T any] struct {
	group       string // "": a single item that has none
	first, last *item[T]
	n, bytes    int // of its items, without those that are gone
	// busy: the group has items in a request, so the lane is not ready.
	busy   bool
	listed bool
	next   *lane[T] // behind it in the list of ready lanes
}

// waiting is all items that are in no request yet. Lanes that are ready stand in
// a list, in the order in which they became so.
type waiting[T any] struct {
	groups      map[string]*lane[T] // with items, waiting or in a request
	first, last *lane[T]
	ready       int // items of ready lanes
	bytes       int // what they have together
}

// push adds an item behind those of its group.
func (w *waiting[T]) push(m *item[T], group string) {
	l := &m.own
	if group != "" {
		if l = w.groups[group]; l == nil {
			l = &lane[T]{group: group}
			w.groups[group] = l
		}
	}
	m.lane = l
	if l.last == nil {
		l.first = m
	} else {
		l.last.next = m
	}
	l.last = m
	w.count(l, 1, m.size)
	w.list(l)
}

// count keeps the sums right when items join or leave a lane.
func (w *waiting[T]) count(l *lane[T], n, bytes int) {
	l.n, l.bytes = l.n+n, l.bytes+bytes
	if !l.busy {
		w.ready, w.bytes = w.ready+n, w.bytes+bytes
	}
}

func (w *waiting[T]) list(l *lane[T]) {
	if l.listed || l.busy {
		return
	}
	l.listed = true
	if w.last == nil {
		w.first = l
	} else {
		w.last.next = l
	}
	w.last = l
}

func (w *waiting[T]) unlistFirst() {
	l := w.first
	if w.first = l.next; w.first == nil {
		w.last = nil
	}
	l.next, l.listed = nil, false
}

// drop forgets an item, unless it is in a request. It keeps its place until its
// turn would have come.
func (w *waiting[T]) drop(m *item[T]) {
	if !m.taken && !m.gone {
		var none T
		m.gone, m.value = true, none
		w.count(m.lane, -1, -m.size)
	}
}

// take returns the items of the next request, at least one if any is ready. What
// does not fit any more is not skipped: later ones would overtake it for ever.
func (w *waiting[T]) take(maxItems, maxBytes int) (batch []*item[T]) {
	batch = make([]*item[T], 0, min(maxItems, w.ready))
	room := maxBytes
	for w.first != nil {
		l := w.first
		full := false
		batch, room, full = w.takeFrom(l, batch, room, maxItems)
		if l.busy || l.first == nil {
			w.unlistFirst()
		}
		if !l.busy && l.first == nil {
			delete(w.groups, l.group)
		}
		if full {
			break
		}
	}
	return batch
}

// takeFrom takes what fits from a lane. A lane of a group is busy from then on.
func (w *waiting[T]) takeFrom(l *lane[T], batch []*item[T], room, maxItems int) (_ []*item[T], left int, full bool) {
	before := len(batch)
	for m := l.first; m != nil; m = l.first {
		if !m.gone {
			if full = len(batch) == maxItems || len(batch) > 0 && m.size > room; full {
				break
			}
			m.taken = true
			w.count(l, -1, -m.size)
			batch, room = append(batch, m), room-m.size
		}
		if l.first = m.next; l.first == nil {
			l.last = nil
		}
		m.next = nil
	}
	if l.group != "" && len(batch) > before {
		w.ready, w.bytes = w.ready-l.n, w.bytes-l.bytes
		l.busy = true
	}
	return batch, room, full
}

// release says that a request is over, and reports whether that made lanes ready.
func (w *waiting[T]) release(batch []*item[T]) (more bool) {
	for _, m := range batch {
		l := m.lane
		if !l.busy {
			continue
		}
		l.busy = false
		if l.n == 0 {
			delete(w.groups, l.group)
			continue
		}
		w.ready, w.bytes = w.ready+l.n, w.bytes+l.bytes
		w.list(l)
		more = true
	}
	return more
}

func values[T any](batch []*item[T]) []T {
	out := make([]T, len(batch))
	for i, m := range batch {
		out[i] = m.value
	}
	return out
}
