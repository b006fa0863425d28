package sqstest

import (
	"cmp"
	"slices"
	"time"
)

// QueueState is a queue at one moment.
type QueueState struct {
	// Visible, InFlight and Delayed count the messages that are in the queue.
	Visible, InFlight, Delayed int
	// Sent counts the messages that have come into the queue, Deleted, Expired,
	// Purged and DeadLettered those that have left it, by how they did.
	Sent, Deleted, Expired, Purged, DeadLettered int
	// MostInFlight is the largest number of messages that were in flight at once.
	MostInFlight int
	// Receives counts how often messages were given out, MostReceives how often the
	// one was that was given out most often.
	Receives, MostReceives int
	// Pollers is the number of receives that wait for a message.
	Pollers int
}

// MessageState is a message in a queue at one moment.
type MessageState struct {
	ID, Body string
	Group    string
	// State is visible, in flight or delayed.
	State string
	// Receives is how often it was received.
	Receives int
	Sent     time.Time
	// FirstReceived and LastReceived are zero before the first receive.
	FirstReceived, LastReceived time.Time
	// VisibleAt is when a message that is in flight or delayed becomes visible;
	// zero for one that is visible.
	VisibleAt time.Time
}

// Queue returns the state of a queue, and false if there is none of that name.
func (s *Server) Queue(name string) (QueueState, bool) {
	q := s.find(name)
	if q == nil {
		return QueueState{}, false
	}
	now := s.now().UnixNano()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.refresh(now)
	n := q.counts
	return QueueState{
		Visible: len(q.messages) - q.inFlight - q.delayed, InFlight: q.inFlight, Delayed: q.delayed,
		Sent: n.sent, Deleted: n.deleted, Expired: n.expired, Purged: n.purged, DeadLettered: n.deadLettered,
		MostInFlight: n.mostInFlight, Receives: n.receives, MostReceives: n.mostReceives, Pollers: q.waiters.l.Len(),
	}, true
}

// refresh lets time pass for whoever looks at the queue.
func (q *queue) refresh(now int64) {
	q.advance(now)
	q.expire(now)
	q.wake()
}

// Messages returns the messages that are in a queue, in the order in which they
// came, without receiving them.
func (s *Server) Messages(name string) []MessageState {
	q := s.find(name)
	if q == nil {
		return nil
	}
	now := s.now().UnixNano()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.refresh(now)
	all := make([]*message, 0, len(q.messages))
	for _, m := range q.messages {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b *message) int { return cmp.Compare(a.number, b.number) })
	states := make([]MessageState, len(all))
	for i, m := range all {
		states[i] = m.inspect()
	}
	return states
}

func (m *message) inspect() MessageState {
	s := MessageState{
		ID: m.id, Body: m.body, Group: m.group, State: m.state.String(), Receives: m.receives,
		Sent: time.Unix(0, m.sent), FirstReceived: moment(m.first), LastReceived: moment(m.last),
	}
	if m.state != visible {
		s.VisibleAt = moment(m.due)
	}
	return s
}

func moment(nanos int64) time.Time {
	if nanos == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanos)
}

func (s state) String() string { return [...]string{"visible", "in flight", "delayed"}[s] }

// Send puts messages into a queue as SendMessage does, without a call; in a FIFO
// queue all into the group "test". It is for filling a queue before a test.
func (s *Server) Send(name string, bodies ...string) error {
	q := s.find(name)
	if q == nil {
		return noSuchQueue()
	}
	all := make([]*outgoing, len(bodies))
	for i, body := range bodies {
		a := &queryArgs{}
		a.set([]string{"MessageBody"}, body)
		if q.fifo {
			a.set([]string{"MessageGroupId"}, "test")
			a.set([]string{"MessageDeduplicationId"}, newID())
		}
		o, fail := q.outgoing(a)
		if fail != nil {
			return fail
		}
		all[i] = o
	}
	q.send(all)
	return nil
}
