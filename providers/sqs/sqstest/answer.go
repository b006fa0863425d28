package sqstest

import (
	"net/http"
	"strconv"
	"sync"

	"github.com/leat-io/leat/internal/rawjson"
)

const (
	snsVersion = "2010-03-31"
	sqsSpace   = "http://queue.amazonaws.com/doc/2012-11-05/"
	snsSpace   = "http://sns.amazonaws.com/doc/" + snsVersion + "/"
)

// answer writes the answer to a call.
type answer struct{ w http.ResponseWriter }

var answers = sync.Pool{New: func() any { return new([]byte) }}

// result writes the call's own answer. A receive whose client has left gives
// its messages back.
func (a *answer) result(c *call, done result) {
	pooled := answers.Get().(*[]byte)
	defer answers.Put(pooled)
	b := (*pooled)[:0]
	if c.Protocol == JSON {
		b = done.appendJSON(b)
	} else {
		b = c.appendXMLResult(b, done)
	}
	*pooled = b
	taken, isReceive := done.(*received)
	if isReceive && c.ctx.Err() != nil {
		taken.giveBack()
		a.drop()
		return
	}
	if err := a.write(c, http.StatusOK, b); err != nil && isReceive {
		taken.giveBack()
	}
}

func (c *call) appendXMLResult(b []byte, done result) []byte {
	b = append(b, `<?xml version="1.0"?><`+c.Action+`Response xmlns="`+c.space()+`">`...)
	start := len(b)
	b = append(b, "<"+c.Action+"Result>"...)
	empty := len(b)
	if b = done.appendXML(b); len(b) == empty && !c.action.alwaysResult {
		b = b[:start]
	} else {
		b = append(b, "</"+c.Action+"Result>"...)
	}
	return append(b, "<ResponseMetadata><RequestId>"+c.id+"</RequestId></ResponseMetadata></"+c.Action+"Response>"...)
}

func (c *call) space() string {
	if c.sns {
		return snsSpace
	}
	return sqsSpace
}

func (a *answer) failure(c *call, f *failure) {
	if c.Protocol == JSON {
		a.w.Header().Set("x-amzn-query-error", f.code+";"+f.fault())
		b := append([]byte(`{"__type":`), rawjson.AppendString(nil, f.shape)...)
		b = append(append(b, `,"message":`...), rawjson.AppendString(nil, f.message)...)
		_ = a.write(c, f.status, append(b, '}'))
		return
	}
	b := append([]byte(`<?xml version="1.0"?><ErrorResponse xmlns="`), c.space()+`"><Error><Type>`+f.fault()+"</Type>"...)
	b = appendElement(b, "Code", f.code)
	b = appendElement(b, "Message", f.message)
	_ = a.write(c, f.queryStatus, append(b, "<Detail/></Error><RequestId>"+c.id+"</RequestId></ErrorResponse>"...))
}

// fault answers a call that has failed because a test wanted it to, or whose
// client did not wait.
func (a *answer) fault(c *call, f *Fault) {
	if f.Drop || c.ctx.Err() != nil {
		a.drop()
		return
	}
	a.failure(c, f.failure())
}

// drop closes the connection instead of answering.
func (a *answer) drop() { panic(http.ErrAbortHandler) }

// write sends everything at once, so that it is known whether it could be sent.
func (a *answer) write(c *call, status int, b []byte) error {
	h := a.w.Header()
	h["X-Amzn-Requestid"] = []string{c.id}
	if c.Protocol == JSON {
		h["Content-Type"] = []string{"application/x-amz-json-1.0"}
	} else {
		h["Content-Type"] = []string{"text/xml"}
	}
	h["Content-Length"] = []string{strconv.Itoa(len(b))}
	a.w.WriteHeader(status)
	if _, err := a.w.Write(b); err != nil {
		return err
	}
	return http.NewResponseController(a.w).Flush()
}
