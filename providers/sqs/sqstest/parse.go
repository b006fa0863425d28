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
	var fail *failure
	if c.args, fail = parseJSON(body); fail != nil {
		return fail
	}
	return c.resolve()
}

func (c *call) parseQuery(form url.Values) *failure {
	q := parseQuery(form)
	c.Action, c.args = q.action, q
	c.sns = form.Get("Version") == snsVersion
	if c.Action == "" {
		return general("MissingActionException", "MissingAction", 400, "The request must contain the parameter Action.")
	}
	return c.resolve()
}

// resolve finds the action, and what it is about as far as that can be said
// before it is done.
func (c *call) resolve() *failure {
	action, ok := actions[c.Action]
	if !ok || action.sns && c.Protocol == JSON || !c.server.known(c.Action) {
		return c.unknown()
	}
	c.action, c.sns = action, action.sns
	if !action.sns && c.Protocol == Query && c.server.options.Protocols == JSON {
		return c.unknown()
	}
	switch {
	case action.sns:
		c.Queue = c.args.text("TopicArn")
	case action.onQueue:
		c.Queue = c.queueName()
	default:
		c.Queue = c.args.text("QueueName")
	}
	if action.batch {
		c.Messages = len(c.args.entries())
	}
	return nil
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
