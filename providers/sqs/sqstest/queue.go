package sqstest

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// queue is one queue. All that is below its lock is changed under it, and only
// for as long as a few messages take.
type queue struct {
	server   *Server
	name     string
	serial   uint32 // of the queue, so that no handle fits another one of its name
	fifo     bool
	created  time.Time
	settings atomic.Pointer[settings]

	mu         sync.Mutex
	gone       bool // deleted
	modified   time.Time
	tags       map[string]string
	purged     time.Time
	lastNumber uint64
	messages   map[uint64]*message
	hidden     hidden
	inFlight   int
	delayed    int
	oldest     int64 // no message was sent before that
	counts     counts

	visible list              // of a standard queue
	groups  map[string]*group // of a FIFO queue
	ready   groupList
	dedups  dedups

	waiters waiters
	timer   pipeline.Timer // for the waiters, when a message becomes visible
	timerAt int64
}

// counts count messages since the queue was created.
type counts struct{ sent, deleted, expired, deadLettered, purged, mostInFlight, receives, mostReceives int }

func newQueue(s *Server, name string, serial uint32, set *settings) *queue {
	q := &queue{
		server: s, name: name, serial: serial, fifo: isFIFO(name), created: s.now(),
		messages: map[uint64]*message{}, groups: map[string]*group{}, dedups: newDedups(),
	}
	q.modified = q.created
	q.settings.Store(set)
	return q
}

func (q *queue) arn() string { return q.server.QueueARN(q.name) }

// advance lets time pass: what is due becomes visible.
func (q *queue) advance(now int64) {
	for len(q.hidden) > 0 && q.hidden[0].due <= now {
		q.show(q.hidden[0])
	}
}

// add puts new messages into the queue.
func (q *queue) add(now int64, delay time.Duration, m *message) {
	q.lastNumber++
	m.number = q.lastNumber
	if len(q.messages) == 0 || m.sent < q.oldest {
		q.oldest = m.sent
	}
	q.messages[m.number] = m
	q.counts.sent++
	if q.fifo {
		m.sequence = sequence(m.number)
		q.groupOf(m).pending.pushBack(m)
	}
	if delay > 0 {
		m.state, m.due = delayed, now+int64(delay)
		q.delayed++
		q.hidden.add(m)
	} else if !q.fifo {
		q.visible.pushBack(m)
	}
	q.wakeGroup(m)
}

// hide takes a visible message out for a client.
func (q *queue) hide(m *message, due int64) {
	q.unlist(m)
	m.state, m.due = inFlight, due
	q.inFlight++
	q.counts.mostInFlight = max(q.counts.mostInFlight, q.inFlight)
	q.hidden.add(m)
	if q.fifo {
		q.groups[m.group].inFlight++
	}
}

// show makes a message visible that was delayed or in flight.
func (q *queue) show(m *message) {
	was := m.state
	q.unhide(m)
	m.state = visible
	switch {
	case !q.fifo:
		q.visible.pushBack(m)
	case was == inFlight:
		q.groupOf(m).pending.insertInOrder(m)
	}
	q.wakeGroup(m)
}

// unhide takes a message out of those that are not visible.
func (q *queue) unhide(m *message) {
	q.hidden.remove(m)
	if m.state == delayed {
		q.delayed--
		return
	}
	q.inFlight--
	if q.fifo {
		q.groups[m.group].inFlight--
	}
}

// unlist takes a message out of the list it waits in.
func (q *queue) unlist(m *message) {
	if q.fifo {
		q.groups[m.group].pending.remove(m)
		return
	}
	q.visible.remove(m)
}

// remove takes a message out of the queue.
func (q *queue) remove(m *message) {
	was := m.state
	if was != visible {
		q.unhide(m)
	}
	if was == visible || was == delayed && q.fifo {
		q.unlist(m)
	}
	delete(q.messages, m.number)
	q.wakeGroup(m)
}

// expire removes what is older than the queue keeps it.
func (q *queue) expire(now int64) {
	limit := now - int64(q.settings.Load().retention)
	if q.oldest > limit || len(q.messages) == 0 {
		return
	}
	q.oldest = now
	for _, m := range q.messages {
		if m.sent <= limit {
			q.remove(m)
			q.counts.expired++
			continue
		}
		q.oldest = min(q.oldest, m.sent)
	}
}
