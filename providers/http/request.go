package http

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"

	"github.com/leat-io/leat/internal/listener"
	"github.com/leat-io/leat/pipeline"
)

// refusal is an answer other than 204. Its text is for the client and tells
// nothing about the flow.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

func refuse(status int, text string) error { return &refusal{status, text} }

var (
	errBusy     = refuse(http.StatusServiceUnavailable, "too many requests are waiting: send it again later")
	errStopping = refuse(http.StatusServiceUnavailable, "shutting down: send it again")
	errUnsent   = refuse(http.StatusServiceUnavailable, "not delivered: send it again")
	errTooLate  = refuse(http.StatusServiceUnavailable, "not delivered in time: send it again")
)

// ServeHTTP answers one request, see [SourceConfig].
func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	err := r.admit(q)
	if err == nil {
		err = r.take(w, q)
	}
	if err != nil {
		answer(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func answer(w http.ResponseWriter, err error) {
	r := &refusal{http.StatusBadRequest, "the body cannot be read"}
	errors.As(err, &r)
	switch r.status {
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	}
	http.Error(w, r.text, r.status)
}

// admit checks everything that can be known without the body.
func (r *receiver) admit(q *http.Request) error {
	switch {
	case q.URL.Path != r.config.Path:
		return refuse(http.StatusNotFound, "there is nothing here")
	case q.Method != http.MethodPost:
		return refuse(http.StatusMethodNotAllowed, "want POST")
	case !r.authorized(q):
		return refuse(http.StatusUnauthorized, "want the right token as Authorization: Bearer")
	case q.ContentLength > int64(r.config.MaxBody):
		return r.tooLarge()
	}
	return nil
}

// authorized compares digests, so that neither the time it takes nor the length
// tells anything about the token.
func (r *receiver) authorized(q *http.Request) bool {
	if r.config.Token == "" {
		return true
	}
	scheme, token, _ := strings.Cut(q.Header.Get("Authorization"), " ")
	given := sha256.Sum256([]byte(strings.TrimSpace(token)))
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(given[:], r.token[:]) == 1
}

// take reads the events of a request and returns nil once they are settled.
func (r *receiver) take(w http.ResponseWriter, q *http.Request) error {
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	default:
		return errBusy
	}
	body, err := r.read(w, q)
	if err != nil {
		return err
	}
	events, err := r.events(q, body)
	if err != nil || len(events) == 0 {
		return err
	}
	return r.deliver(events)
}

// deliver does not look at the request's context: a client that goes away does
// not cancel a delivery, and one that merely has nothing more to say looks the
// same and is owed an honest answer. What becomes of events after that concerns
// nobody: the client sends them again, and dedupe knows them.
func (r *receiver) deliver(events []*pipeline.Event) error {
	tooLate := make(chan struct{})
	timer := r.clock.AfterFunc(r.config.Timeout, func() { close(tooLate) })
	defer timer.Stop()
	m := pipeline.NewBatch(context.Background(), events)
	switch err := r.Deliver(m, tooLate); {
	case errors.Is(err, listener.ErrTooLate):
		return errTooLate
	case errors.Is(err, listener.ErrReturned):
		return errUnsent
	case err != nil:
		return errStopping
	}
	return nil
}
