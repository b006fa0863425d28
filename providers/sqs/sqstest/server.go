package sqstest

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// account is whom everything belongs to.
const account = "000000000000"

// Server is a running server.
type Server struct {
	// URL is what clients are given as their endpoint, such as
	// http://127.0.0.1:40123.
	URL string

	options Options
	http    *http.Server
	running sync.WaitGroup
	calling sync.RWMutex // held for reading by every call
	closed  bool
	closing context.Context
	stop    context.CancelFunc
	only    *queue // of Options.OnlyQueue
	known   func(action string) bool
	denied  func(action string) bool
	ids     atomic.Uint64 // of requests
	idBase  string        // what they begin with

	queuesMu  sync.RWMutex
	queues    map[string]*queue
	lastQueue uint32

	topics *topics
	sender *sender
	signer *signer

	callsMu sync.Mutex
	calls   map[string]int
}

func newServer(o Options, url string) (*Server, error) {
	s := &Server{URL: url, options: o, queues: map[string]*queue{}, calls: map[string]int{}, idBase: newID()[:24]}
	s.closing, s.stop = context.WithCancel(context.Background())
	s.known, s.denied = oneOf(o.Actions, true), oneOf(o.Deny, false)
	s.signer = newSigner(o.Clock.Now())
	s.topics, s.sender = newTopics(), newSender(o)
	if o.OnlyQueue != "" {
		if _, err := s.CreateQueue(o.OnlyQueue, nil); err != nil {
			return nil, fmt.Errorf("sqstest: OnlyQueue: %w", err)
		}
		s.only = s.queues[o.OnlyQueue]
	}
	return s, nil
}

// oneOf returns what tells whether an action is in the list; an empty list
// answers as it is told.
func oneOf(actions []string, whenEmpty bool) func(string) bool {
	if len(actions) == 0 {
		return func(string) bool { return whenEmpty }
	}
	set := make(map[string]bool, len(actions))
	for _, a := range actions {
		set[a] = true
	}
	return func(action string) bool { return set[action] }
}

func (s *Server) now() time.Time { return s.options.Clock.Now() }

// requestID is unique in the shape of a UUID.
func (s *Server) requestID() string {
	return fmt.Sprintf("%s%012x", s.idBase, s.ids.Add(1))
}

// QueueURL returns the URL of a queue of that name, whether there is one or not.
func (s *Server) QueueURL(name string) string { return s.URL + "/" + account + "/" + name }

// QueueARN returns the ARN of a queue of that name, whether there is one or not.
func (s *Server) QueueARN(name string) string {
	return "arn:aws:sqs:" + s.options.Region + ":" + account + ":" + name
}

func (s *Server) find(name string) *queue {
	if s.only != nil {
		return s.only
	}
	s.queuesMu.RLock()
	defer s.queuesMu.RUnlock()
	return s.queues[name]
}
