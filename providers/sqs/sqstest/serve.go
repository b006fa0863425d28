package sqstest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/leat-io/leat/pipeline"
)

// maxRequest bounds a request: a batch of 1 MiB whose every byte is escaped.
const maxRequest = 16 << 20

// call is a call on its way.
type call struct {
	Call
	server *Server
	ctx    context.Context
	args   args
	sns    bool
	path   string // of the request, which is a queue's in the query protocol
	base   string // scheme and host that the client used
	id     string
	action *action
	queue  *queue // for actions on a queue
	batch  []args // the entries of a batch
}

// result is a call's own answer. In XML only what goes into its Result element.
type result interface {
	appendJSON(b []byte) []byte
	appendXML(b []byte) []byte
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// ServeHTTP answers one call. It is exported for servers of one's own, with TLS
// for instance; [Start] has one already.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.calling.RLock()
	defer s.calling.RUnlock()
	if s.closed {
		panic(http.ErrAbortHandler) // which closes the connection without a word
	}
	if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, ".pem") {
		s.serveCertificate(w, r)
		return
	}
	buf := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	defer buffers.Put(buf)
	if _, err := io.Copy(buf, io.LimitReader(r.Body, maxRequest+1)); err != nil {
		return // the client is gone
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.closing, cancel)()
	a := &answer{w: w}
	s.serve(&call{server: s, ctx: ctx, path: r.URL.Path, base: "http://" + r.Host, id: s.requestID()}, r, buf.Bytes(), a)
}

// serve does the call unless something keeps it from being done, and answers.
func (s *Server) serve(c *call, r *http.Request, body []byte, a *answer) {
	if fail := c.parse(r, body); fail != nil {
		s.count(c.Action)
		a.failure(c, fail)
		return
	}
	fail := c.admit(r)
	c.Number = s.count(c.Action)
	if fail != nil {
		a.failure(c, fail)
		return
	}
	fault := &Fault{}
	if s.options.Intercept != nil {
		if f := s.options.Intercept(c.Call); f != nil {
			fault = f
		}
	}
	c.run(fault, a)
}

// run does the call, with what goes wrong on the way.
func (c *call) run(fault *Fault, a *answer) {
	if !fault.Work && (!c.wait(fault) || fault.fails()) {
		a.fault(c, fault)
		return
	}
	done, fail := c.action.do(c)
	if fault.Work {
		if left := !c.wait(fault); left || fault.fails() {
			a.fault(c, fault)
			return
		}
	}
	switch {
	case fail == errGone:
		a.drop()
	case fail != nil:
		a.failure(c, fail)
	default:
		a.result(c, done)
	}
}

// wait lets the fault's delay pass and returns false if the client left.
func (c *call) wait(fault *Fault) bool {
	if fault.Delay <= 0 {
		return true
	}
	return pipeline.Sleep(c.ctx, c.server.options.Clock, fault.Delay, nil)
}

// errGone is the failure of a call whose client has left: nobody is answered.
var errGone = &failure{code: "ClientGone", queryStatus: 499, status: 499}
