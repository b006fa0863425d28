package snshttp

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"

	"github.com/leat-io/leat/internal/listener"
	"github.com/leat-io/leat/pipeline"
)

// ServeHTTP answers one request, see the comment of the package. The time that
// reading and verifying take is a part of the timeout, for the sender has begun to
// count.
func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	ctx, cancel := context.WithCancel(r.Waiting())
	defer cancel()
	defer r.clock.AfterFunc(r.config.Timeout, cancel).Stop()
	err := r.admit(q)
	if err == nil {
		err = r.take(ctx, w, q)
	}
	if err != nil {
		r.refuse(w, err)
		return
	}
	r.silence.Heard()
	w.WriteHeader(http.StatusOK)
}

func (r *receiver) refuse(w http.ResponseWriter, err *refusal) {
	if err.err != nil {
		r.note(err.reason, "error", err.err)
	} else {
		r.note(err.reason)
	}
	switch err.status {
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Basic realm="leat", charset="UTF-8"`)
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	}
	http.Error(w, err.text, err.status)
}

// note counts a request, and tells the operator of it.
func (r *receiver) note(why *reason, attrs ...any) {
	r.tally[why].Inc()
	r.notices.tell(why, attrs...)
}

// admit checks everything that can be known without the body.
func (r *receiver) admit(q *http.Request) *refusal {
	switch {
	case q.URL.Path != r.config.Path:
		return stray.because(nil)
	case q.Method != http.MethodPost:
		return unfit.because(nil)
	}
	if err := r.authorize(q); err != nil {
		return err
	}
	if q.ContentLength > maxBody {
		return oversized.because(nil)
	}
	return nil
}

// authorize asks for the password where there is one. A wrong one is no 4xx: a
// message of SNS would be lost because the two sides do not have the same one.
func (r *receiver) authorize(q *http.Request) *refusal {
	if r.config.Password == "" {
		return nil
	}
	username, password, ok := q.BasicAuth()
	if !ok {
		return unnamed.because(nil)
	}
	if given := digest(username, password); subtle.ConstantTimeCompare(given[:], r.login[:]) != 1 {
		return mistaken.because(nil)
	}
	return nil
}

// digest is what usernames and passwords are compared by, so that neither the
// time it takes nor the length tells anything about them.
func digest(username, password string) [sha256.Size]byte {
	return sha256.Sum256([]byte(url.UserPassword(username, password).String()))
}

// take deals with the message of a request and returns nil once it is settled.
func (r *receiver) take(ctx context.Context, w http.ResponseWriter, q *http.Request) *refusal {
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	default:
		return busy.because(nil)
	}
	body, err := read(w, q)
	if err != nil {
		return err
	}
	e, err := r.event(ctx, q.Header, body)
	if e == nil || err != nil {
		return err
	}
	return r.deliver(ctx, e)
}

// deliver does not look at the request's context: a client that goes away does
// not cancel a delivery. What becomes of an event after ctx concerns nobody: SNS
// sends it again, and dedupe knows it.
func (r *receiver) deliver(ctx context.Context, e *pipeline.Event) *refusal {
	m := pipeline.NewBatch(context.Background(), []*pipeline.Event{e})
	switch err := r.Deliver(m, ctx.Done()); {
	case errors.Is(err, listener.ErrTooLate):
		return late.because(nil)
	case errors.Is(err, listener.ErrReturned):
		return returned.because(nil)
	case err != nil:
		return stopping.because(nil)
	}
	return nil
}
