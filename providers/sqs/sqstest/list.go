package sqstest

// list is a list of messages that are visible, by their own links. A message is
// in one list at most.
type list struct{ head, tail *message }

func (l *list) pushBack(m *message)  { l.insert(m, l.tail) }
func (l *list) pushFront(m *message) { l.insert(m, nil) }

// insertInOrder puts a message where its number belongs. What comes back belongs
// to the front, mostly.
func (l *list) insertInOrder(m *message) {
	var after *message
	for next := l.head; next != nil && next.number < m.number; next = next.next {
		after = next
	}
	l.insert(m, after)
}

// insert puts m behind another one, nil for the front.
func (l *list) insert(m, after *message) {
	m.prev = after
	if after == nil {
		m.next, l.head = l.head, m
	} else {
		m.next, after.next = after.next, m
	}
	if m.next == nil {
		l.tail = m
	} else {
		m.next.prev = m
	}
}

func (l *list) remove(m *message) {
	if m.prev == nil {
		l.head = m.next
	} else {
		m.prev.next = m.next
	}
	if m.next == nil {
		l.tail = m.prev
	} else {
		m.next.prev = m.prev
	}
	m.prev, m.next = nil, nil
}
