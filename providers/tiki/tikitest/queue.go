package tikitest

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// queue is a queue and what is in it. Events are numbered by how many came before them.
type queue struct {
	info          queueInfo
	owner         string
	subscriptions []*subscription

	events  []event // those that are not removed, in order
	removed int     // how many were
	pulled  int     // how far the last pull has come
	ackID   string  // of that pull
	acks    map[string]int
	expired int
}

type event struct {
	raw string
	at  time.Time
}

// pull removes what the ack_id says and answers with what comes next.
func (s *Server) pull(c *call) (any, *refusal) {
	q, refused := s.acknowledge(c)
	if refused != nil {
		return nil, refused
	}
	s.expire(q)
	repeats := q.pulled > q.removed
	if end := min(q.removed+s.options.MaxEvents, q.removed+len(q.events)); !repeats || s.options.Grow && end != q.pulled {
		q.pulled, q.ackID = end, ""
		if end > q.removed || s.options.AckIDWhenEmpty {
			q.ackID = s.newID()
			q.acks[q.ackID] = end
		}
	}
	return q.answer(), nil
}

// ack removes what the ack_id says.
func (s *Server) ack(c *call) (any, *refusal) {
	_, refused := s.acknowledge(c)
	return map[string]any{}, refused
}

// acknowledge does what pull and ack have in common.
func (s *Server) acknowledge(c *call) (*queue, *refusal) {
	var in struct {
		AckID *string `json:"ack_id"`
	}
	q, refused := s.ownQueue(c)
	if refused == nil {
		refused = c.read(&in)
	}
	switch {
	case refused != nil:
		return nil, refused
	case in.AckID != nil:
		return q, s.removeUpTo(q, *in.AckID)
	case c.Action == Ack:
		return nil, &refusal{http.StatusBadRequest, "ack_id is required"}
	}
	return q, nil
}

// removeUpTo removes what was given with an ack_id, and all before it.
func (s *Server) removeUpTo(q *queue, ackID string) *refusal {
	end, known := q.acks[ackID]
	if stale := !known || end < q.removed; stale {
		if s.options.IgnoreStaleAcks {
			return nil
		}
		return &refusal{http.StatusBadRequest, "the ack_id is not valid"}
	}
	delete(q.acks, ackID)
	q.drop(end - q.removed)
	return nil
}

func (q *queue) drop(n int) {
	q.events = q.events[n:]
	q.removed += n
}

// expire removes what is older than events are kept.
func (s *Server) expire(q *queue) {
	before := s.now().Add(-s.options.Retention)
	n := 0
	for n < len(q.events) && q.events[n].at.Before(before) {
		n++
	}
	q.drop(n)
	q.expired += n
}

// answer is what a pull brings. Events are in it as they were pushed, whatever that is.
func (q *queue) answer() json.RawMessage {
	given := q.events[:max(0, q.pulled-q.removed)]
	raws := make([]string, len(given))
	for i, e := range given {
		raws[i] = e.raw
	}
	ackID := "null"
	if q.ackID != "" {
		ackID = `"` + q.ackID + `"`
	}
	return json.RawMessage(`{"events":[` + strings.Join(raws, ",") + `],"ack_id":` + ackID + `}`)
}
