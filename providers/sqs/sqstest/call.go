package sqstest

import (
	"maps"
	"net/http"
	"time"
)

// Call is a call as [Options.Intercept] sees it.
type Call struct {
	// Protocol is JSON or Query.
	Protocol Protocols
	// Action is what is asked for, such as ReceiveMessage or Publish.
	Action string
	// Queue is the name of the queue that the call is about, "" if there is none;
	// for a topic it is the topic's ARN.
	Queue string
	// Messages is the number of messages in the call: of entries in a batch,
	// otherwise 1.
	Messages int
	// Number counts the calls of this action, from 1.
	Number int
}

// Fault is what goes wrong with a call. The zero Fault is no fault.
type Fault struct {
	// Work has the call done first, so that only its answer is lost or wrong: a
	// receive takes its messages, a delete deletes. Without Work a call that is
	// dropped or answered with an error has no effect.
	Work bool
	// Delay is waited before the call is done; with Work, after it. A client that
	// leaves meanwhile ends the call.
	Delay time.Duration
	// Drop closes the connection without an answer.
	Drop bool
	// Code is the error to answer with, such as ServiceUnavailable, in the words
	// of the query protocol. Empty with a Status means InternalFailure.
	Code string
	// Status is the answer's HTTP status: by default 503 if there is a Code, or
	// else the call's own answer.
	Status int
	// Message is the sentence in the error.
	Message string
}

// fails tells whether the call does not get its own answer.
func (f *Fault) fails() bool { return f.Drop || f.Code != "" || f.Status != 0 }

func (f *Fault) failure() *failure {
	status := or(f.Status, http.StatusServiceUnavailable)
	code := or(f.Code, "InternalFailure")
	return &failure{shape: "com.amazon.coral.service#" + code, code: code, status: status, queryStatus: status, message: or(f.Message, "a fault that the test asked for")}
}

// Calls returns how often each action was asked for, refused calls included. A
// request that names no action counts as "", one for the certificate of SNS as
// "certificate".
func (s *Server) Calls() map[string]int {
	s.callsMu.Lock()
	defer s.callsMu.Unlock()
	return maps.Clone(s.calls)
}

// count notes a call and returns which one of its action it is.
func (s *Server) count(action string) int {
	s.callsMu.Lock()
	defer s.callsMu.Unlock()
	s.calls[action]++
	return s.calls[action]
}
