package sqstest

import "fmt"

// group is the messages of a FIFO queue that stay in order. As long as one is in
// flight, no other is given out.
type group struct {
	name     string
	pending  list // visible and delayed ones, in order
	inFlight int
	ready    bool // in the queue's list of ready groups
	prev     *group
	next     *group
}

// canGo tells whether the group's first message may be given out.
func (g *group) canGo() bool {
	return g.inFlight == 0 && g.pending.head != nil && g.pending.head.state == visible
}

// groupOf finds or makes the group of a message.
func (q *queue) groupOf(m *message) *group {
	g := q.groups[m.group]
	if g == nil {
		g = &group{name: m.group}
		q.groups[m.group] = g
	}
	return g
}

// wakeGroup looks, after something happened to a message, whether its group can
// go, must wait or is empty.
func (q *queue) wakeGroup(m *message) {
	if !q.fifo {
		return
	}
	g := q.groups[m.group]
	switch can := g.canGo(); {
	case can && !g.ready:
		q.ready.pushBack(g)
	case !can && g.ready:
		q.ready.remove(g)
	}
	if g.pending.head == nil && g.inFlight == 0 {
		delete(q.groups, m.group)
	}
}

// groupList is the groups that can go, the one that could first at its head.
type groupList struct{ head, tail *group }

func (l *groupList) pushBack(g *group) {
	g.ready, g.prev, g.next = true, l.tail, nil
	if l.tail == nil {
		l.head = g
	} else {
		l.tail.next = g
	}
	l.tail = g
}

func (l *groupList) remove(g *group) {
	if g.prev == nil {
		l.head = g.next
	} else {
		g.prev.next = g.next
	}
	if g.next == nil {
		l.tail = g.prev
	} else {
		g.next.prev = g.prev
	}
	g.ready, g.prev, g.next = false, nil, nil
}

// sequence is the sequence number of a message: 20 digits, growing, with gaps.
func sequence(number uint64) string { return fmt.Sprintf("188%017d", number*256) }
