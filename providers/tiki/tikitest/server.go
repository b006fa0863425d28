package tikitest

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Server is a running server.
type Server struct {
	// BaseURL is what clients are given as the address of queues, such as
	// http://127.0.0.1:40123/integration/v1.
	BaseURL string
	// TokenURL is where they get tokens.
	TokenURL string

	options Options
	http    *http.Server // nil without a listener
	running sync.WaitGroup
	closing context.Context
	end     context.CancelFunc

	mu     sync.Mutex
	tokens map[string]*token
	queues []*queue
	ids    int            // given out so far
	calls  map[string]int // by action
}

func newServer(o Options, url string) *Server {
	s := &Server{BaseURL: url + o.BasePath, TokenURL: url + o.TokenPath, options: o, tokens: map[string]*token{}, calls: map[string]int{}}
	s.closing, s.end = context.WithCancel(context.Background())
	for _, text := range o.SellerTokens {
		s.tokens[text] = &token{owner: "seller " + text, seller: sellerID(text)}
	}
	return s
}

func (s *Server) now() time.Time { return s.options.Clock.Now() }

// newID is unique in the shape of a UUID. It needs the lock.
func (s *Server) newID() string {
	s.ids++
	return fmt.Sprintf("5e1f0000-0000-4000-8000-%012x", s.ids)
}

// Calls returns how often each action was called, refused calls included.
func (s *Server) Calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]int, len(s.calls))
	for action, n := range s.calls {
		out[action] = n
	}
	return out
}
