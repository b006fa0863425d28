package sqstest

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
)

// target is the header that names the action in AWS JSON.
const target = "X-Amz-Target"

// parse finds out what is asked for, in which protocol.
func (c *call) parse(r *http.Request, body []byte) *failure {
	c.Messages = 1
	if name := r.Header.Get(target); name != "" && c.server.options.Protocols != Query {
		return c.parseJSON(name, body)
	}
	c.Protocol = Query
	form, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return unreadable("the query string is not a form")
	}
	if isForm(r) {
		inBody, err := url.ParseQuery(string(bytes.TrimSpace(body)))
		if err != nil {
			return unreadable("the body is not a form")
		}
		for key, values := range inBody {
			form[key] = values
		}
	}
	return c.parseQuery(form)
}

func isForm(r *http.Request) bool {
	kind := r.Header.Get("Content-Type")
	return r.Method == http.MethodPost && (kind == "" || strings.HasPrefix(kind, "application/x-www-form-urlencoded"))
}

func (c *call) parseJSON(target string, body []byte) *failure {
	c.Protocol = JSON
	service, name, _ := strings.Cut(target, ".")
	if c.Action = name; service != "AmazonSQS" {
		c.Action = target
		return c.unknown()
	}
	fail := c.find()
	if fail == nil {
		c.args, fail = parseJSON(body)
	}
	if fail == nil {
		c.look()
	}
	return fail
}

func (c *call) parseQuery(form url.Values) *failure {
	q := parseQuery(form)
	c.Action, c.args = q.action, q
	c.sns = form.Get("Version") == snsVersion
	if c.Action == "" {
		return general("MissingActionException", "MissingAction", 400, "The request must contain the parameter Action.")
	}
	fail := c.find()
	if fail == nil {
		c.look()
	}
	return fail
}

// find finds the action.
func (c *call) find() *failure {
	action, ok := actions[c.Action]
	if !ok || !c.server.known(c.Action) || !c.server.speaks(c.Protocol, action.sns) {
		return c.unknown()
	}
	c.action, c.sns = action, action.sns
	return nil
}

// speaks tells whether SQS, or SNS, is there in that protocol.
func (s *Server) speaks(p Protocols, sns bool) bool {
	if sns {
		return p == Query
	}
	return s.options.Protocols == Both || s.options.Protocols == p
}

// look notes what the call is about, as far as that can be said before it is
// done.
func (c *call) look() {
	switch {
	case c.sns:
		c.Queue = c.args.text("TopicArn")
	case c.action.onQueue:
		c.Queue = c.queueName()
	default:
		c.Queue = c.args.text("QueueName")
	}
	if c.action.batch {
		c.batch = c.args.entries()
		c.Messages = len(c.batch)
	}
}

func (c *call) unknown() *failure {
	if c.Protocol == JSON {
		return general("UnknownOperationException", "InvalidAction", 400, "The action %s is not valid for this endpoint.", c.Action)
	}
	return general("InvalidAction", "InvalidAction", 400, "The action %s is not valid for this endpoint.", c.Action)
}

// queueName is the last part of the queue's URL. In the query protocol calls
// are sent to that URL, and may leave out the parameter.
func (c *call) queueName() string {
	if c.server.only != nil {
		return c.server.only.name
	}
	where := c.args.text("QueueUrl")
	if where == "" && c.Protocol == Query {
		where = c.path
	}
	where = strings.TrimRight(where, "/")
	return where[strings.LastIndexByte(where, '/')+1:]
}
