package tikitest

import "net/http"

// queueInfo is a queue as clients see it.
type queueInfo struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	Status string `json:"status"`
}

func (s *Server) listQueues(c *call) (any, *refusal) {
	list := []queueInfo{}
	for _, q := range s.queues {
		if q.owner == c.token.owner {
			list = append(list, q.info)
		}
	}
	return list, nil
}

func (s *Server) createQueue(c *call) (any, *refusal) {
	var in struct{ Name string }
	if refused := c.read(&in); refused != nil {
		return nil, refused
	}
	owned := 0
	for _, q := range s.queues {
		if q.owner == c.token.owner {
			owned++
		}
	}
	switch {
	case in.Name == "":
		return nil, &refusal{http.StatusBadRequest, "name is required"}
	case owned >= s.options.MaxQueues:
		return nil, &refusal{http.StatusBadRequest, "the number of queues is limited"}
	}
	return s.addQueue(s.newID(), in.Name, c.token.owner).info, nil
}

func (s *Server) addQueue(code, name, owner string) *queue {
	q := &queue{info: queueInfo{code, name, "ACTIVE"}, owner: owner, acks: map[string]int{}}
	s.queues = append(s.queues, q)
	return q
}

// queueOf returns the queue of a call, whoever it belongs to.
func (s *Server) queueOf(code string) (*queue, *refusal) {
	for _, q := range s.queues {
		if q.info.Code == code {
			return q, nil
		}
	}
	return nil, &refusal{http.StatusNotFound, "there is no such queue"}
}

// ownQueue returns the queue of a call if it belongs to the caller.
func (s *Server) ownQueue(c *call) (*queue, *refusal) {
	q, refused := s.queueOf(c.Queue)
	if refused == nil && q.owner != c.token.owner {
		return nil, &refusal{http.StatusForbidden, "the queue belongs to somebody else"}
	}
	return q, refused
}
