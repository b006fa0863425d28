package tikitest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/leat-io/leat/pipeline"
)

// maxRequest bounds a request.
const maxRequest = 1 << 20

// call is a call on its way.
type call struct {
	Call
	request      *http.Request
	subscription string // its code, where the call is about one
	token        *token // of whoever calls
	method       string // that the action needs
	do           func(*Server, *call) (any, *refusal)
}

// refusal is an answer that is an error.
type refusal struct {
	status  int
	message string
}

// ServeHTTP answers one call. It is exported for servers of one's own, with TLS for
// instance; [Start] has one already.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.closing, cancel)()
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest))
	if err != nil || ctx.Err() != nil {
		panic(http.ErrAbortHandler)
	}
	c := s.route(r)
	c.request, c.Body = r, string(body)
	s.mu.Lock()
	s.calls[c.Action]++
	c.Number = s.calls[c.Action]
	s.mu.Unlock()
	s.serve(ctx, c, w)
}

// serve does the call, with what goes wrong on the way.
func (s *Server) serve(ctx context.Context, c *call, w http.ResponseWriter) {
	fault := &Fault{}
	if s.options.Intercept != nil {
		if f := s.options.Intercept(c.Call); f != nil {
			fault = f
		}
	}
	if fault.Delay > 0 && !pipeline.Sleep(ctx, s.options.Clock, fault.Delay, nil) {
		panic(http.ErrAbortHandler)
	}
	if fault.answers() && !fault.Work {
		fault.write(w)
		return
	}
	value, refused := s.done(c)
	switch {
	case fault.answers():
		fault.write(w)
	case refused != nil:
		answer(w, refused.status, map[string]any{"status": refused.status, "error": refused.message})
	default:
		answer(w, http.StatusOK, value)
	}
}

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if raw, ok := value.(json.RawMessage); ok { // as it is: it may be malformed on purpose
		_, _ = w.Write(raw)
		return
	}
	_ = json.NewEncoder(w).Encode(value)
}

// done does a call of somebody who may.
func (s *Server) done(c *call) (any, *refusal) {
	if c.do == nil {
		return nil, &refusal{http.StatusNotFound, "there is nothing here"}
	}
	if c.request.Method != c.method {
		return nil, &refusal{http.StatusMethodNotAllowed, "want " + c.method}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Action != Token {
		if c.token = s.tokenOf(c.request); c.token == nil {
			return nil, &refusal{http.StatusUnauthorized, "the access token is not valid"}
		}
	}
	return c.do(s, c)
}

// route finds out what a call is.
func (s *Server) route(r *http.Request) *call {
	if r.URL.Path == s.options.TokenPath {
		return &call{Call: Call{Action: Token}, method: http.MethodPost, do: (*Server).giveToken}
	}
	rest, ok := strings.CutPrefix(r.URL.Path, s.options.BasePath+"/queues")
	if !ok {
		return &call{Call: Call{Action: "unknown"}}
	}
	parts := strings.Split(strings.TrimPrefix(rest, "/"), "/")
	c := &call{Call: Call{Queue: parts[0]}, method: http.MethodPost}
	switch tail := strings.Join(parts[1:], "/"); {
	case rest == "":
		c.pick(r, listing{ListQueues, (*Server).listQueues}, listing{CreateQueue, (*Server).createQueue})
	case tail == "events/pull":
		c.Action, c.do = Pull, (*Server).pull
	case tail == "events/ack":
		c.Action, c.do = Ack, (*Server).ack
	case tail == "subscriptions":
		c.pick(r, listing{ListSubscriptions, (*Server).listSubscriptions}, listing{CreateSubscription, (*Server).createSubscription})
	case len(parts) == 4 && parts[1] == "subscriptions" && parts[3] == "updateActive":
		c.Action, c.subscription, c.do = UpdateActive, parts[2], (*Server).updateActive
	default:
		c.Action = "unknown"
	}
	return c
}

// listing is one of two actions that share a path.
type listing struct {
	action string
	do     func(*Server, *call) (any, *refusal)
}

func (c *call) pick(r *http.Request, get, post listing) {
	chosen := post
	if r.Method == http.MethodGet {
		chosen, c.method = get, http.MethodGet
	}
	c.Action, c.do = chosen.action, chosen.do
}

// read decodes what the client sent.
func (c *call) read(into any) *refusal {
	if err := json.Unmarshal([]byte(c.Body), into); err != nil {
		return &refusal{http.StatusBadRequest, "the body is not what this call takes"}
	}
	return nil
}
