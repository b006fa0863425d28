// Package spapitest is Amazon's Selling Partner API for notifications, with Login
// with Amazon, inside of a test.
//
// [New] starts a server on the loopback interface; [Server.URL] is what a client is
// given as its endpoint and [Server.TokenURL] where it asks for tokens. Like Amazon,
// it takes for each call only the kind of token that the call needs, allows a few
// calls of each operation in a second, knows one destination for a queue, and keeps
// one subscription for a seller, type and payload version. Test notifications are put
// into queues of the test's own ([Options.Queues]).
//
// It helps to test failures: time can be virtual ([Options.Clock]), and any call can
// be refused, or be cut off before or after its work is done ([Options.Intercept]).
package spapitest

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// Options says what a server is like.
type Options struct {
	// Clock is the time of tokens and limits. The default is the machine's.
	Clock pipeline.Clock
	// ClientID and ClientSecret are those of the app, "client" and "secret" by default.
	ClientID, ClientSecret string
	// Sellers are the names of those who have authorized the app, by refresh token.
	Sellers map[string]string
	// Rate is how many calls of an operation are allowed in a second for each seller,
	// and for the app itself; Burst is how many at once. The defaults are 1 and 5.
	Rate  float64
	Burst int
	// Sandbox has the server send test notifications; otherwise they are refused.
	Sandbox bool
	// Queues gets test notifications, such as an *sqstest.Server. nil: nobody.
	Queues Queues
	// Intercept, if not nil, sees every call before it is done and may have it fail;
	// nil from it means that nothing is wrong.
	Intercept func(Call) *Fault
}

// Queues are queues that test notifications are put into, by name.
type Queues interface {
	Send(queue string, bodies ...string) error
}

// Call is a call as [Options.Intercept] sees it.
type Call struct {
	// Operation is Amazon's name for what is asked, such as createSubscription, or
	// "token" for Login with Amazon.
	Operation string
	// Bearer is the seller in whose name it is asked, "" for the app itself.
	Bearer string
	// Type is the type of notifications, if it is about one.
	Type string
}

// Fault is what goes wrong with a call.
type Fault struct {
	// Work has the call done first, so that only its answer is lost or wrong.
	Work bool
	// Drop closes the connection without an answer.
	Drop bool
	// Status is answered instead, with Code and Header.
	Status int
	Code   string
	Header http.Header
}

// Destination is where notifications go.
type Destination struct{ ID, Name, QueueARN, AccountID, Region string }

// Subscription has notifications of a seller sent to a destination.
type Subscription struct{ ID, Seller, Type, PayloadVersion, DestinationID string }

// Server is a running server.
type Server struct {
	// URL is the endpoint of the API.
	URL string
	// TokenURL is where tokens are asked for.
	TokenURL string

	options Options
	http    *http.Server
	running sync.WaitGroup

	mu            sync.Mutex // guards what follows
	last          int
	tokens        map[string]grant
	buckets       map[string]time.Time
	destinations  []Destination
	subscriptions []Subscription
	calls         []Call
}

// grant is what a token was given out for.
type grant struct {
	seller string // "": grantless
	until  time.Time
}

// New starts a server that is closed when the test ends, and fails the test if it
// cannot.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Start starts a server. The caller closes it.
func Start(o Options) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the SP-API double: %w", err)
	}
	s := Handler(o)
	s.URL = "http://" + listener.Addr().String()
	s.TokenURL = s.URL + tokenPath
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	s.running.Go(func() { _ = s.http.Serve(listener) })
	return s, nil
}

// Handler makes a server that listens nowhere, to be called as an [http.Handler].
func Handler(o Options) *Server {
	o.ClientID, o.ClientSecret = cmp.Or(o.ClientID, "client"), cmp.Or(o.ClientSecret, "secret")
	o.Rate, o.Burst = cmp.Or(o.Rate, 1), cmp.Or(o.Burst, 5)
	if o.Clock == nil {
		o.Clock = pipeline.System
	}
	return &Server{options: o, tokens: map[string]grant{}, buckets: map[string]time.Time{}}
}

// Close ends the server.
func (s *Server) Close() {
	if s.http != nil {
		_ = s.http.Close()
	}
	s.running.Wait()
}
