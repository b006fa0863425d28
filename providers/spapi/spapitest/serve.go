package spapitest

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const maxRequest = 1 << 20

// request is a call that was let in.
type request struct {
	Call
	id   string // of a destination or subscription
	http *http.Request
	body []byte
}

// operation is one that the API has.
type operation struct {
	name      string
	grantless bool
	do        func(s *Server, r *request) (status int, answer any)
}

// ServeHTTP answers one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == tokenPath {
		s.serveToken(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		writeErrors(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "the request is too large")
		return
	}
	op, q, found := find(r)
	if !found {
		writeErrors(w, http.StatusNotFound, "NotFound", "there is no such resource")
		return
	}
	q.http, q.body = r, body
	if s.admit(w, op, q) {
		s.perform(w, q.Call, func() (int, any) { return op.do(s, q) })
	}
}

// find finds the operation that a method and path name.
func find(r *http.Request) (operation, *request, bool) {
	path, ok := strings.CutPrefix(r.URL.Path, "/notifications/v1/")
	parts := strings.Split(path, "/")
	q := &request{}
	shape := r.Method + " " + parts[0]
	switch {
	case !ok:
		return operation{}, nil, false
	case parts[0] == "destinations" && len(parts) == 2:
		q.id, shape = parts[1], shape+"/{id}"
	case parts[0] == "subscriptions" && len(parts) == 2:
		q.Type, shape = parts[1], shape+"/{type}"
	case parts[0] == "subscriptions" && len(parts) == 3 && parts[2] == "testNotification":
		q.Type, shape = parts[1], shape+"/{type}/testNotification"
	case parts[0] == "subscriptions" && len(parts) == 3:
		q.Type, q.id, shape = parts[1], parts[2], shape+"/{type}/{id}"
	}
	op, ok := operations[shape]
	q.Operation = op.name
	return op, q, ok
}

// admit looks at the token, the User-Agent and the limit. It answers when one of them
// is wrong.
func (s *Server) admit(w http.ResponseWriter, op operation, q *request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	who, known := s.tokens[q.http.Header.Get("x-amz-access-token")]
	agent := q.http.UserAgent()
	now := s.options.Clock.Now()
	switch {
	case agent == "" || strings.HasPrefix(agent, "Go-http-client"):
		writeErrors(w, http.StatusBadRequest, "InvalidInput", "a User-Agent is required")
	case !known:
		writeErrors(w, http.StatusForbidden, "Unauthorized", "Access to requested resource is denied.")
	case !now.Before(who.until):
		writeErrors(w, http.StatusForbidden, "Unauthorized", "The access token has expired.")
	case op.grantless != (who.seller == ""):
		writeErrors(w, http.StatusForbidden, "Unauthorized", "The token is of the wrong kind for this operation.")
	case !s.allows(op.name+" "+who.seller, now):
		w.Header().Set("x-amzn-RateLimit-Limit", strconv.FormatFloat(s.options.Rate, 'f', -1, 64))
		writeErrors(w, http.StatusTooManyRequests, "QuotaExceeded", "You exceeded your quota for the requested resource.")
	default:
		q.Bearer = who.seller
		return true
	}
	return false
}

// allows counts a call against its limit. The caller holds the lock.
func (s *Server) allows(key string, now time.Time) bool {
	interval := time.Duration(float64(time.Second) / s.options.Rate)
	free := s.buckets[key]
	if free.Before(now) {
		free = now
	}
	if free.Sub(now) > time.Duration(s.options.Burst-1)*interval {
		return false
	}
	s.buckets[key] = free.Add(interval)
	return true
}

// perform does a call, with what goes wrong on the way, and answers.
func (s *Server) perform(w http.ResponseWriter, c Call, do func() (int, any)) {
	fault := &Fault{}
	if s.options.Intercept != nil {
		if f := s.options.Intercept(c); f != nil {
			fault = f
		}
	}
	fails := fault.Drop || fault.Status != 0
	s.mu.Lock()
	s.calls = append(s.calls, c)
	status, answer := fault.Status, any(nil)
	if !fails || fault.Work {
		status, answer = do()
	}
	s.mu.Unlock()
	switch {
	case fault.Drop:
		panic(http.ErrAbortHandler) // which closes the connection without a word
	case fails:
		for name, values := range fault.Header {
			w.Header()[name] = values
		}
		writeErrors(w, fault.Status, fault.Code, "a fault that the test asked for")
	default:
		writeJSON(w, status, answer)
	}
}

func writeErrors(w http.ResponseWriter, status int, code, message string) {
	writeJSON(w, status, errorList(code, message))
}

func errorList(code, message string) any {
	return map[string]any{"errors": []map[string]string{{"code": code, "message": message, "details": ""}}}
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
