package sqstest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/leat-io/leat/providers/sqs/sqstest"
)

func TestErrorsInJSON(t *testing.T) {
	s, c := withQueue(t, sqstest.Options{}, nil)
	for _, test := range []struct {
		name, action       string
		in                 map[string]any
		shape, code, about string
	}{
		{"a modelled error", "ReceiveMessage", map[string]any{"QueueUrl": s.QueueURL("no")}, "com.amazonaws.sqs#QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue;Sender", "does not exist"},
		{"a general error", "ReceiveMessage", map[string]any{"QueueUrl": s.QueueURL("q"), "MaxNumberOfMessages": 11}, "com.amazon.coral.service#InvalidParameterValueException", "InvalidParameterValue;Sender", "MaxNumberOfMessages"},
		{"an unknown action", "EatMessage", nil, "com.amazon.coral.service#UnknownOperationException", "InvalidAction;Sender", "EatMessage"},
	} {
		a := c.call(test.action, test.in)
		if a.status != 400 || a.json["__type"] != test.shape || a.header.Get("x-amzn-query-error") != test.code || !strings.Contains(a.body, test.about) ||
			a.header.Get("Content-Type") != "application/x-amz-json-1.0" || a.header.Get("x-amzn-RequestId") == "" {
			t.Errorf("%s: %d %v %s", test.name, a.status, a.header, a.body)
		}
	}
}

func TestErrorsInXML(t *testing.T) {
	s, c := withQueue(t, sqstest.Options{}, nil)
	for _, test := range []struct {
		form   []string
		status int
		code   string
	}{
		{[]string{"Action", "ReceiveMessage", "QueueUrl", s.QueueURL("no")}, 400, "AWS.SimpleQueueService.NonExistentQueue"},
		{[]string{"Action", "DeleteMessage", "QueueUrl", s.QueueURL("q"), "ReceiptHandle", "x"}, 404, "ReceiptHandleIsInvalid"},
		{[]string{"Action", "EatMessage"}, 400, "InvalidAction"},
		{nil, 400, "MissingAction"},
		{[]string{"Action", "Publish", "TopicArn", "no", "Message", "x"}, 404, "NotFound"},
	} {
		a := c.form(s.URL, test.form...)
		if a.status != test.status || !strings.Contains(a.body, "<Type>Sender</Type><Code>"+test.code+"</Code>") || !strings.Contains(a.body, "<RequestId>") || a.header.Get("Content-Type") != "text/xml" {
			t.Errorf("%v: %d %s", test.form, a.status, a.body)
		}
	}
}

func TestQueueIsNamedByThePathInTheQueryProtocol(t *testing.T) {
	s, c := withQueue(t, sqstest.Options{}, nil, "x")
	if a := c.form(s.QueueURL("q"), "Action", "ReceiveMessage"); !strings.Contains(a.body, "<Body>x</Body>") {
		t.Error(a.body)
	}
}

func TestAccessIsDenied(t *testing.T) {
	s, c := withQueue(t, sqstest.Options{Deny: []string{"ChangeMessageVisibility"}}, nil, "x")
	handle := c.messages()[0]["ReceiptHandle"]
	a := c.call("ChangeMessageVisibility", map[string]any{"QueueUrl": s.QueueURL("q"), "ReceiptHandle": handle, "VisibilityTimeout": 0})
	if a.status != 403 || a.header.Get("x-amzn-query-error") != "AccessDenied;Sender" || state(t, s).InFlight != 1 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestActionsThatAreNotKnown(t *testing.T) {
	s, c := withQueue(t, sqstest.Options{Actions: []string{"ReceiveMessage", "DeleteMessage"}}, nil, "x")
	c.messages()
	if a := c.call("GetQueueAttributes", map[string]any{"QueueUrl": s.QueueURL("q")}); a.status != 400 || !strings.Contains(a.body, "UnknownOperationException") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := c.form(s.QueueURL("q"), "Action", "GetQueueAttributes"); a.status != 400 || !strings.Contains(a.body, "InvalidAction") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestCredentials(t *testing.T) {
	s, c := withQueue(t, sqstest.Options{Credentials: "AKIDKEY"}, nil, "x")
	for auth, want := range map[string]string{
		"": "MissingAuthenticationToken;Sender",
		"AWS4-HMAC-SHA256 Credential=OTHER/20260314/eu-central-1/sqs/aws4_request, SignedHeaders=host, Signature=00":   "InvalidClientTokenId;Sender",
		"AWS4-HMAC-SHA256 Credential=AKIDKEY/20260314/eu-central-1/sqs/aws4_request, SignedHeaders=host, Signature=00": "",
	} {
		q, _ := http.NewRequest(http.MethodPost, s.URL, strings.NewReader(`{"QueueUrl":"q"}`))
		q.Header.Set("X-Amz-Target", "AmazonSQS.GetQueueAttributes")
		if auth != "" {
			q.Header.Set("Authorization", auth)
		}
		a, err := c.do(q)
		if err != nil || a.header.Get("x-amzn-query-error") != want || (a.status == 403) != (want != "") {
			t.Errorf("%q: %d %s %v", auth, a.status, a.body, err)
		}
	}
}

func TestServerOfOneProtocol(t *testing.T) {
	_, c := withQueue(t, sqstest.Options{Protocols: sqstest.Query}, nil)
	if a := c.call("ListQueues", nil); a.status != 400 || !strings.Contains(a.body, "<Code>MissingAction</Code>") {
		t.Errorf("JSON to a query server: %d %s", a.status, a.body)
	}
	s, c := withQueue(t, sqstest.Options{Protocols: sqstest.JSON}, nil)
	if a := c.form(s.URL, "Action", "ListQueues"); a.status != 400 || !strings.Contains(a.body, "InvalidAction") {
		t.Errorf("a form to a JSON server: %d %s", a.status, a.body)
	}
	if a := c.form(s.URL, "Action", "ListTopics"); a.status != 200 {
		t.Errorf("SNS of a JSON server: %d %s", a.status, a.body)
	}
}

// TestProxyOfOneQueue is as the Seven Senders proxy is called: with an endpoint
// that has a path, an empty queue name and an empty queue URL.
func TestProxyOfOneQueue(t *testing.T) {
	s := sqstest.New(t, sqstest.Options{OnlyQueue: "events"})
	c := newClient(t, s)
	if err := s.Send("events", "x"); err != nil {
		t.Fatal(err)
	}
	for _, where := range []string{"", s.URL + "/api/v1/shipment-events", s.URL} {
		if got := messagesOf(c.ok("ReceiveMessage", map[string]any{"QueueUrl": where, "VisibilityTimeout": 0})); len(got) != 1 {
			t.Errorf("at %q: %v", where, got)
		}
	}
	if a := c.ok("GetQueueUrl", map[string]any{"QueueName": ""}); a.json["QueueUrl"] != s.QueueURL("events") {
		t.Error(a.body)
	}
	if a := c.form(s.URL+"/api/v1/shipment-events", "Action", "ReceiveMessage"); !strings.Contains(a.body, "<Body>x</Body>") {
		t.Error(a.body)
	}
}

func TestOptionsThatCannotWork(t *testing.T) {
	for _, o := range []sqstest.Options{{Addr: "0.0.0.0:0"}, {Addr: "example.com:80"}, {Addr: "127.0.0.1"}, {Protocols: "xml"}, {OnlyQueue: "two words"}} {
		if s, err := sqstest.Start(o); err == nil {
			s.Close()
			t.Errorf("%+v started", o)
		}
	}
}

func TestListOfQueuesInPages(t *testing.T) {
	s := sqstest.New(t, sqstest.Options{})
	c := newClient(t, s)
	for _, name := range []string{"a1", "a2", "a3", "b1"} {
		_, _ = s.CreateQueue(name, nil)
	}
	in, pages := map[string]any{"QueueNamePrefix": "a", "MaxResults": 2}, ""
	for {
		a := c.ok("ListQueues", in)
		for _, u := range a.json["QueueUrls"].([]any) {
			pages += u.(string)[strings.LastIndexByte(u.(string), '/')+1:]
		}
		pages += "."
		if a.json["NextToken"] == nil {
			break
		}
		in["NextToken"] = a.json["NextToken"]
	}
	if pages != "a1a2.a3." {
		t.Error(pages)
	}
}
