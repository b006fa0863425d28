package tikitest

import (
	"encoding/json"
	"fmt"
)

// QueueState is a queue at one moment.
type QueueState struct {
	Name string
	// Waiting is how many events are in the queue, those that were pulled included.
	Waiting int
	// Removed is how many are not any more, Expired how many of those nobody has
	// acknowledged in time.
	Removed, Expired int
}

// AddQueue makes a queue with a code, which belongs to the client, without a call.
func (s *Server) AddQueue(code string) { s.AddQueueOf(code, "") }

// AddQueueOf is [Server.AddQueue] for a queue of the seller who has given a token; "" is
// the client.
func (s *Server) AddQueueOf(code, sellerToken string) {
	owner := clientOwner
	if sellerToken != "" {
		owner = "seller " + sellerToken
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addQueue(code, code, owner)
}

// Push puts events into a queue as they are, without a subscription. They need not be
// JSON.
func (s *Server) Push(code string, events ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, refused := s.queueOf(code)
	if refused != nil {
		return fmt.Errorf("tikitest: %s", refused.message)
	}
	for _, raw := range events {
		q.events = append(q.events, event{raw, s.now()})
	}
	return nil
}

// Event is something that happens at a seller's.
type Event struct {
	// ID is unique; empty: the server makes one.
	ID string
	// SID is the seller, see [Server.SellerID].
	SID, Type string
	// Payload is what the event says, a JSON value.
	Payload string
}

// Publish brings an event to the queues that have a subscription for it which acts by now,
// and returns how many they are.
func (s *Server) Publish(e Event) (queues int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.ID == "" {
		e.ID = s.newID()
	}
	now := s.now()
	raw := e.json(now.UnixMilli())
	for _, q := range s.queues {
		for _, sub := range q.subscriptions {
			if sub.Active && sub.EventType == e.Type && sub.SID == e.SID && !now.Before(sub.acts) {
				q.events = append(q.events, event{raw, now})
				queues++
			}
		}
	}
	return queues
}

func (e Event) json(createdAt int64) string {
	raw, err := json.Marshal(map[string]any{
		"id": e.ID, "sid": e.SID, "type": e.Type, "version": "v1", "created_at": createdAt, "payload": json.RawMessage(or(e.Payload, "{}")),
	})
	if err != nil {
		panic(fmt.Sprintf("tikitest: the payload of event %s is not JSON: %s", e.ID, e.Payload))
	}
	return string(raw)
}

// Queue returns the state of a queue, and false if there is none with that code.
func (s *Server) Queue(code string) (QueueState, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, refused := s.queueOf(code)
	if refused != nil {
		return QueueState{}, false
	}
	s.expire(q)
	return QueueState{Name: q.info.Name, Waiting: len(q.events), Removed: q.removed, Expired: q.expired}, true
}
