// Package sqstest is an SQS and SNS server inside of a test.
//
// It is to queues what net/http/httptest is to HTTP: [New] starts a server on
// the loopback interface, [Server.URL] is what a client is given as its endpoint
// and the end of the test closes it. It keeps everything in memory, needs no
// account, checks no signatures and speaks both protocols of SQS, AWS JSON 1.0
// and the older query protocol with XML answers, on one address. SNS, which has
// only the query protocol, is served on the same address.
//
// Beyond being a queue it helps to test failures: time can be virtual
// ([Options.Clock]), any call can be refused, delayed, cut off before or after
// its work is done ([Options.Intercept]), and what is in a queue can be looked at
// without receiving it ([Server.Queue]).
//
// Where AWS documents a behaviour it is followed, with the quotas of today: a
// message, or a batch, of 1,048,576 bytes; 120,000 messages in flight in a queue.
// What is left out: policies and KMS keys are kept but not enforced, a queue may be created again
// right after it was deleted, and a receive never takes a sample only of what is
// there: it finds every message.
//
// A receive whose client has left, or whose answer could not be written, gives its
// messages back, uncounted, where AWS leaves them in flight until their visibility
// timeout ends. So a test that stops a client need not let that time pass. A [Fault]
// with Work and Drop shows what AWS does: the messages are taken, and nobody hears
// of it.
package sqstest

import (
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// Start starts a server. The caller closes it.
func Start(o Options) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s for the SQS double: %w", o.Addr, err)
	}
	s, err := newServer(o, "http://"+listener.Addr().String())
	if err != nil {
		_ = listener.Close()
		return nil, err
	}
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	s.running.Go(func() { _ = s.http.Serve(listener) })
	return s, nil
}

// New starts a server that is closed when the test ends, and fails the test if
// it cannot.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Close ends calls under way, timers, and deliveries to HTTP endpoints, and closes
// all connections. It may be called more than once.
func (s *Server) Close() {
	s.stop()
	_ = s.http.Close()
	s.running.Wait()
	s.calling.Lock() // once the last call has ended
	s.closed = true
	s.calling.Unlock()
	s.stopTimers()
	s.sender.close()
}

// Clock is where the server gets its time from.
type Clock = pipeline.Clock
