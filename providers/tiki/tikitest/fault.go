package tikitest

import (
	"net/http"
	"time"
)

// Actions, as in [Call] and [Server.Calls].
const (
	Token              = "token"
	ListQueues         = "list queues"
	CreateQueue        = "create queue"
	ListSubscriptions  = "list subscriptions"
	CreateSubscription = "create subscription"
	UpdateActive       = "update active"
	Pull               = "pull"
	Ack                = "ack"
)

// Call is a call that has come in.
type Call struct {
	Action string
	// Queue is the code of the queue, "" for calls that are about none.
	Queue string
	// Body is what the client sent.
	Body string
	// Number counts the calls of this action from 1.
	Number int
}

// Fault is what goes wrong with a call.
type Fault struct {
	// Work: the call is done all the same, and only its answer is another one. Without it
	// nothing is done.
	Work bool
	// Delay passes before anything else happens.
	Delay time.Duration
	// Drop has the connection closed without an answer.
	Drop bool
	// Status, Header and Body are the answer. A zero Status is 200 if there is a Body;
	// without either, a call that is only delayed goes on.
	Status int
	Header http.Header
	Body   string
}

// Status is the fault of a service that answers with a status.
func Status(code int) *Fault {
	return &Fault{Status: code, Body: `{"error":"` + http.StatusText(code) + `"}`}
}

// HTMLPage is the fault of a proxy in between that answers with a page, and with 200.
func HTMLPage() *Fault {
	return &Fault{Status: http.StatusOK, Header: http.Header{"Content-Type": {"text/html"}}, Body: "<!DOCTYPE html><html><body>Please try again later</body></html>"}
}

// Malformed is the fault of an answer that breaks off in its middle.
func Malformed() *Fault {
	return &Fault{Status: http.StatusOK, Body: `{"events":[{"id":"1","payload":{`}
}

// answers reports whether the client gets this instead of the call's own answer.
func (f *Fault) answers() bool { return f.Drop || f.Status != 0 || f.Body != "" }

func (f *Fault) write(w http.ResponseWriter) {
	if f.Drop {
		panic(http.ErrAbortHandler) // which closes the connection without a word
	}
	for name, values := range f.Header {
		w.Header()[name] = values
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(or(f.Status, http.StatusOK))
	_, _ = w.Write([]byte(f.Body))
}
