package tikitest

import (
	"net/http"
	"time"
)

// subscription is one as clients see it, and since when it acts.
type subscription struct {
	Code      string `json:"code"`
	Active    bool   `json:"active"`
	EventType string `json:"event_type"`
	SID       string `json:"sid"`

	acts time.Time
}

// mayListen returns the queue of a call about subscriptions. Each belongs to a seller,
// and a seller has those of a queue that is its own, or a platform's.
func (s *Server) mayListen(c *call) (*queue, *refusal) {
	q, refused := s.queueOf(c.Queue)
	switch {
	case refused != nil:
		return nil, refused
	case c.token.seller == "":
		return nil, &refusal{http.StatusForbidden, "a subscription needs the token of a seller"}
	case q.owner != c.token.owner && (q.owner != clientOwner || s.options.InHouse):
		return nil, &refusal{http.StatusForbidden, "the queue belongs to somebody else"}
	}
	return q, nil
}

func (s *Server) listSubscriptions(c *call) (any, *refusal) {
	q, refused := s.mayListen(c)
	if refused != nil {
		return nil, refused
	}
	list := []*subscription{}
	for _, sub := range q.subscriptions {
		if sub.SID == c.token.seller {
			list = append(list, sub)
		}
	}
	return list, nil
}

func (s *Server) createSubscription(c *call) (any, *refusal) {
	q, refused := s.mayListen(c)
	if refused != nil {
		return nil, refused
	}
	var in struct {
		EventType string `json:"event_type"`
	}
	if refused := c.read(&in); refused != nil {
		return nil, refused
	}
	if in.EventType == "" {
		return nil, &refusal{http.StatusBadRequest, "event_type is required"}
	}
	for _, sub := range q.subscriptions {
		if sub.EventType == in.EventType && sub.SID == c.token.seller {
			return nil, &refusal{http.StatusConflict, "the queue has this subscription already"}
		}
	}
	sub := &subscription{Code: s.newID(), Active: true, EventType: in.EventType, SID: c.token.seller, acts: s.now().Add(s.options.Activation)}
	q.subscriptions = append(q.subscriptions, sub)
	return sub, nil
}

func (s *Server) updateActive(c *call) (any, *refusal) {
	q, refused := s.mayListen(c)
	if refused != nil {
		return nil, refused
	}
	var in struct{ Active *bool }
	if refused := c.read(&in); refused != nil {
		return nil, refused
	}
	if in.Active == nil {
		return nil, &refusal{http.StatusBadRequest, "active is required"}
	}
	for _, sub := range q.subscriptions {
		if sub.Code != c.subscription || sub.SID != c.token.seller {
			continue
		}
		if *in.Active && !sub.Active {
			sub.acts = s.now().Add(s.options.Activation)
		}
		sub.Active = *in.Active
		return sub, nil
	}
	return nil, &refusal{http.StatusNotFound, "there is no such subscription"}
}
