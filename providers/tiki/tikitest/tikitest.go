// Package tikitest is a server inside of a test that behaves as Tiki's event queues do.
//
// It is to them what net/http/httptest is to HTTP: [New] starts a server on the loopback
// interface, [Server.BaseURL] and [Server.TokenURL] are what a client is given, and the
// end of the test closes it. Everything is in memory. It knows the endpoint for tokens,
// queues and their limited number, subscriptions, which act some minutes after they were
// made, and pull and ack.
//
// What a client must be ready for can be brought about: time can be virtual
// ([Options.Clock]), tokens can be made to expire ([Server.ExpireTokens]), and any call can
// be refused, delayed, cut off before or after its work is done, or answered with
// something that is no answer ([Options.Intercept]).
//
// Tiki documents that an ack_id removes what was pulled with it and before, that without
// one the old events come again, and no more. What this server does beyond that can be
// chosen: [Options.IgnoreStaleAcks], [Options.Grow], [Options.AckIDWhenEmpty].
package tikitest

import (
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// Clock is where the server gets its time from.
type Clock = pipeline.Clock

// Start starts a server. The caller closes it.
func Start(o Options) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s for the Tiki double: %w", o.Addr, err)
	}
	s := newServer(o, "http://"+listener.Addr().String())
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	s.running.Go(func() { _ = s.http.Serve(listener) })
	return s, nil
}

// New starts a server that is closed when the test ends, and fails the test if it cannot.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Handler makes a server without a listener: its calls come through [Server.ServeHTTP],
// by [Server.Direct] for instance. A test in virtual time (testing/synctest) can use one,
// since nothing in it waits for a network. URLs in it have the host tiki.test.
func Handler(o Options) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	return newServer(o, "https://tiki.test"), nil
}

// Close ends calls under way and closes all connections. It may be called more than once.
func (s *Server) Close() {
	s.end()
	if s.http != nil {
		_ = s.http.Close()
	}
	s.running.Wait()
}
