package sqstest_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// envelope is an envelope as it is read.
type envelope struct {
	Type, MessageId, TopicArn, Subject, Message, Timestamp, SignatureVersion, Signature, SigningCertURL, UnsubscribeURL, SubscribeURL, Token, SequenceNumber string
	MessageAttributes                                                                                                                                        map[string]struct{ Type, Value string }
}

func open(t *testing.T, body []byte) envelope {
	t.Helper()
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return e
}

// onDouble is an address of SNS as one of the server.
func onDouble(t *testing.T, s *sqstest.Server, where string) string {
	t.Helper()
	u, err := url.Parse(where)
	if err != nil || u.Scheme != "https" || !strings.HasPrefix(u.Host, "sns.") || !strings.HasSuffix(u.Host, ".amazonaws.com") {
		t.Fatalf("%q is no address of SNS: %v", where, err)
	}
	return s.URL + u.RequestURI()
}

// verify checks an envelope's signature with the certificate it names.
func verify(t *testing.T, c *client, e envelope, at time.Time) {
	t.Helper()
	q, _ := http.NewRequest(http.MethodGet, onDouble(t, c.s, e.SigningCertURL), nil)
	a, err := c.do(q)
	if err != nil || a.status != 200 || a.body != string(c.s.CertificatePEM()) {
		t.Fatalf("certificate: %d %v", a.status, err)
	}
	block, _ := pem.Decode([]byte(a.body))
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if cert.VerifyHostname("sns.amazonaws.com") != nil || at.Before(cert.NotBefore) || at.After(cert.NotAfter) {
		t.Errorf("certificate for %q from %s to %s", cert.DNSNames, cert.NotBefore, cert.NotAfter)
	}
	text := "Message\n" + e.Message + "\nMessageId\n" + e.MessageId + "\n"
	if e.Type == "Notification" {
		if e.Subject != "" {
			text += "Subject\n" + e.Subject + "\n"
		}
		text += "Timestamp\n" + e.Timestamp + "\n"
	} else {
		text += "SubscribeURL\n" + e.SubscribeURL + "\nTimestamp\n" + e.Timestamp + "\nToken\n" + e.Token + "\n"
	}
	text += "TopicArn\n" + e.TopicArn + "\nType\n" + e.Type + "\n"
	signature, err := base64.StdEncoding.Strict().DecodeString(e.Signature)
	if err != nil {
		t.Fatal(err)
	}
	one, two := sha1.Sum([]byte(text)), sha256.Sum256([]byte(text))
	hash, sum := crypto.SHA1, one[:]
	if e.SignatureVersion == "2" {
		hash, sum = crypto.SHA256, two[:]
	}
	if err := rsa.VerifyPKCS1v15(cert.PublicKey.(*rsa.PublicKey), hash, sum, signature); err != nil {
		t.Errorf("version %s: %v", e.SignatureVersion, err)
	}
}

func TestEnvelopesAreSigned(t *testing.T) {
	clock := flowtest.NewClock()
	s := sqstest.New(t, sqstest.Options{Clock: clock, Region: "eu-west-1"})
	c := newClient(t, s)
	topic := s.CreateTopic("parcels")
	for name, body := range map[string][]byte{
		"notification":      s.Notification(topic, "häll\"o\n", map[string]string{"shopId": "1"}),
		"confirmation":      s.Confirmation(topic),
		"second version":    s.Sign(sqstest.Envelope{TopicARN: topic, Message: "x", Subject: "s", SignatureVersion: "2"}),
		"end of it":         s.Sign(sqstest.Envelope{TopicARN: topic, Type: "UnsubscribeConfirmation", Message: "x"}),
		"of another region": s.Notification("arn:aws:sns:us-east-2:163369885595:t", "x", nil),
	} {
		t.Run(name, func(t *testing.T) { verify(t, c, open(t, body), clock.Now()) })
	}
	if e := open(t, s.Notification(topic, "x", map[string]string{"shopId": "1"})); e.MessageAttributes["shopId"].Value != "1" || e.Timestamp != "2026-03-14T09:00:00.000Z" {
		t.Errorf("%+v", e)
	}
}

func TestConfirmationOfATest(t *testing.T) {
	s := sqstest.New(t, sqstest.Options{})
	c := newClient(t, s)
	const topic = "arn:aws:sns:eu-west-1:163369885595:parcel-events-push-topic"
	e := open(t, s.Confirmation(topic))
	if got := s.Subscriptions(topic); len(got) != 1 || got[0].Confirmed {
		t.Errorf("before: %+v", got)
	}
	q, _ := http.NewRequest(http.MethodGet, onDouble(t, s, e.SubscribeURL), nil)
	a, err := c.do(q)
	if err != nil || a.status != 200 || !strings.Contains(a.body, "<SubscriptionArn>"+topic+":") {
		t.Errorf("%d %s %v", a.status, a.body, err)
	}
	if got := s.Subscriptions(topic); len(got) != 1 || !got[0].Confirmed || s.Calls()["ConfirmSubscription"] != 1 {
		t.Errorf("after: %+v, %v", got, s.Calls())
	}
	wrong := strings.Replace(e.SubscribeURL, e.Token, "x"+e.Token, 1)
	q, _ = http.NewRequest(http.MethodGet, onDouble(t, s, wrong), nil)
	if a, _ := c.do(q); a.status != 400 {
		t.Errorf("with another token: %d %s", a.status, a.body)
	}
}

// endpoint is an HTTP endpoint that a test subscribes.
type endpoint struct {
	*httptest.Server
	mu      sync.Mutex
	answer  int // 0: none
	headers []http.Header
	bodies  [][]byte
}

func newEndpoint(t *testing.T, answer int) *endpoint {
	e := &endpoint{answer: answer}
	e.Server = httptest.NewServer(e)
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	e.mu.Lock()
	e.headers, e.bodies = append(e.headers, q.Header), append(e.bodies, body)
	answer := e.answer
	e.mu.Unlock()
	if answer == 0 {
		<-q.Context().Done()
		return
	}
	w.WriteHeader(answer)
}

func (e *endpoint) set(answer int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answer = answer
}

func (e *endpoint) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.bodies)
}

// subscribed is a topic with a confirmed endpoint.
func subscribed(t *testing.T, answer int, attributes ...string) (*sqstest.Server, *client, *flowtest.Clock, *endpoint, string) {
	t.Helper()
	clock, e := flowtest.NewClock(), newEndpoint(t, 200)
	s := sqstest.New(t, sqstest.Options{Clock: clock})
	c := newClient(t, s)
	topic := s.CreateTopic("t")
	form := append([]string{"Action", "Subscribe", "TopicArn", topic, "Protocol", "http", "Endpoint", e.URL}, attributes...)
	if a := c.form(s.URL, form...); a.status != 200 || !strings.Contains(a.body, "pending confirmation") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	eventually(t, "a confirmation", func() bool { return e.count() == 1 })
	q, _ := http.NewRequest(http.MethodGet, onDouble(t, s, open(t, e.bodies[0]).SubscribeURL), nil)
	if a, err := c.do(q); err != nil || a.status != 200 {
		t.Fatal(a, err)
	}
	for s.Deliveries().Waiting > 0 {
		clock.Advance(20 * time.Second)
	}
	e.set(answer)
	e.bodies, e.headers = nil, nil
	return s, c, clock, e, topic
}

func TestConfirmationIsOfferedUntilItIsConfirmed(t *testing.T) {
	clock, e := flowtest.NewClock(), newEndpoint(t, 200)
	s := sqstest.New(t, sqstest.Options{Clock: clock})
	c := newClient(t, s)
	topic := s.CreateTopic("t")
	c.form(s.URL, "Action", "Subscribe", "TopicArn", topic, "Protocol", "http", "Endpoint", e.URL)
	for n := 1; n <= 6; n++ {
		eventually(t, "another confirmation", func() bool {
			if e.count() < n && s.Deliveries().Attempts < n {
				clock.Advance(time.Second)
			}
			return e.count() == n
		})
	}
	first := open(t, e.bodies[0])
	verify(t, c, first, clock.Now())
	if h := e.headers[0]; first.Type != "SubscriptionConfirmation" || h.Get("x-amz-sns-message-type") != "SubscriptionConfirmation" ||
		h.Get("x-amz-sns-message-id") != first.MessageId || h.Get("x-amz-sns-topic-arn") != topic || h.Get("Content-Type") != "text/plain; charset=UTF-8" {
		t.Errorf("%v %+v", h, first)
	}
	if second := open(t, e.bodies[5]); second.Token != first.Token {
		t.Error("another token each time")
	}
}

func TestNotificationToAnEndpoint(t *testing.T) {
	s, c, clock, e, topic := subscribed(t, 200)
	c.form(s.URL, "Action", "SetTopicAttributes", "TopicArn", topic, "AttributeName", "SignatureVersion", "AttributeValue", "2")
	c.form(s.URL, "Action", "Publish", "TopicArn", topic, "Message", "hällo", "Subject", "s",
		"MessageAttributes.entry.1.Name", "shopId", "MessageAttributes.entry.1.Value.DataType", "String", "MessageAttributes.entry.1.Value.StringValue", "1")
	eventually(t, "the delivery", func() bool { return s.Deliveries().Waiting == 0 })
	got := open(t, e.bodies[0])
	verify(t, c, got, clock.Now())
	if got.Message != "hällo" || got.SignatureVersion != "2" || got.MessageAttributes["shopId"].Value != "1" {
		t.Errorf("%+v", got)
	}
	sub := s.Subscriptions(topic)[0]
	if h := e.headers[0]; h.Get("x-amz-sns-subscription-arn") != sub.ARN || h.Get("x-amz-sns-rawdelivery") != "" || !strings.HasSuffix(got.UnsubscribeURL, sub.ARN) {
		t.Errorf("%v", h)
	}
}

func TestRawNotificationToAnEndpoint(t *testing.T) {
	s, c, _, e, topic := subscribed(t, 200, "Attributes.entry.1.key", "RawMessageDelivery", "Attributes.entry.1.value", "true")
	c.form(s.URL, "Action", "Publish", "TopicArn", topic, "Message", "as it is")
	eventually(t, "the delivery", func() bool { return s.Deliveries().Waiting == 0 })
	if string(e.bodies[0]) != "as it is" || e.headers[0].Get("x-amz-sns-rawdelivery") != "true" {
		t.Errorf("%s %v", e.bodies[0], e.headers[0])
	}
}

func TestEndpointThatFails(t *testing.T) {
	for _, test := range []struct {
		name     string
		answer   int
		attempts int
		want     sqstest.DeliveryCounts
	}{
		{"a 4xx is an answer", 403, 1, sqstest.DeliveryCounts{Refused: 1}},
		{"a 5xx is tried four times", 503, 4, sqstest.DeliveryCounts{Lost: 1}},
		{"so is no answer in 15 seconds", 0, 4, sqstest.DeliveryCounts{Lost: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, c, clock, e, topic := subscribed(t, test.answer)
			before, start := s.Deliveries(), clock.Now()
			c.form(s.URL, "Action", "Publish", "TopicArn", topic, "Message", "x")
			eventually(t, "the end of the delivery", func() bool {
				if s.Deliveries().Attempts-before.Attempts == e.count() {
					clock.Advance(100 * time.Millisecond)
				}
				return s.Deliveries().Waiting == 0
			})
			after := s.Deliveries()
			if e.count() != test.attempts || after.Refused-before.Refused != test.want.Refused || after.Lost-before.Lost != test.want.Lost {
				t.Errorf("%d requests, %+v, then %+v", e.count(), before, after)
			}
			if took := clock.Now().Sub(start); test.attempts == 4 && took < time.Minute {
				t.Errorf("it gave up after %s", took)
			}
			for i := 1; i < e.count(); i++ {
				if string(e.bodies[i]) != string(e.bodies[0]) {
					t.Error("another attempt has another body")
				}
			}
		})
	}
}

func TestQueueOfAnotherAccountHasToConfirm(t *testing.T) {
	s, c := withQueue(t, sqstest.Options{}, nil)
	topic := s.CreateTopic("arn:aws:sns:eu-west-1:163369885595:parcel-events-push-topic")
	c.form(s.URL, "Action", "Subscribe", "TopicArn", topic, "Protocol", "sqs", "Endpoint", s.QueueARN("q"))
	c.form(s.URL, "Action", "Publish", "TopicArn", topic, "Message", "too early")
	got := c.messages()
	if len(got) != 1 {
		t.Fatalf("%d messages", len(got))
	}
	e := open(t, []byte(got[0]["Body"].(string)))
	if e.Type != "SubscriptionConfirmation" || !strings.HasPrefix(e.SubscribeURL, "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn="+topic+"&Token=") {
		t.Fatalf("%+v", e)
	}
	q, _ := http.NewRequest(http.MethodGet, onDouble(t, s, e.SubscribeURL), nil)
	if a, err := c.do(q); err != nil || a.status != 200 {
		t.Fatal(a, err)
	}
	c.form(s.URL, "Action", "Publish", "TopicArn", topic, "Message", "now")
	if got := c.messages(); len(got) != 1 || open(t, []byte(got[0]["Body"].(string))).Message != "now" {
		t.Errorf("%v", got)
	}
}

func TestTopicsInOrder(t *testing.T) {
	s := sqstest.New(t, sqstest.Options{})
	where, _ := s.CreateQueue("q.fifo", nil)
	c := newClient(t, s)
	a := c.form(s.URL, "Action", "CreateTopic", "Name", "t.fifo", "Attributes.entry.1.key", "FifoTopic", "Attributes.entry.1.value", "true")
	topic := s.CreateTopic("t.fifo")
	if !strings.Contains(a.body, topic) {
		t.Fatal(a.body)
	}
	c.form(s.URL, "Action", "Subscribe", "TopicArn", topic, "Protocol", "sqs", "Endpoint", s.QueueARN("q.fifo"))
	for _, body := range []string{"1", "2", "1", "3"} {
		if a := c.form(s.URL, "Action", "Publish", "TopicArn", topic, "Message", body, "MessageGroupId", "g", "MessageDeduplicationId", body); a.status != 200 {
			t.Fatal(a.body)
		}
	}
	order := ""
	for _, m := range messagesOf(c.ok("ReceiveMessage", map[string]any{"QueueUrl": where, "MaxNumberOfMessages": 10})) {
		e := open(t, []byte(m["Body"].(string)))
		order += e.Message
		if e.SequenceNumber == "" {
			t.Errorf("no sequence number: %+v", e)
		}
	}
	if order != "123" {
		t.Errorf("order %s", order)
	}
}

func TestFilterThatIsNotUnderstoodIsRefused(t *testing.T) {
	s, c := withQueue(t, sqstest.Options{}, nil)
	topic := s.CreateTopic("t")
	for _, policy := range []string{`{"a": [{"prefix": "x"}]}`, `{"a": [1]}`, `{"a": []}`, `{"a": "x"}`, `[`, `{"$or": [{"a": ["x"]}]}`} {
		a := c.form(s.URL, "Action", "Subscribe", "TopicArn", topic, "Protocol", "sqs", "Endpoint", s.QueueARN("q"),
			"Attributes.entry.1.key", "FilterPolicy", "Attributes.entry.1.value", policy)
		if a.status != 400 || !strings.Contains(a.body, "FilterPolicy") {
			t.Errorf("%s: %d %s", policy, a.status, a.body)
		}
	}
}

func TestCloseGivesUpDeliveries(t *testing.T) {
	s, c, _, _, topic := subscribed(t, 0)
	c.form(s.URL, "Action", "Publish", "TopicArn", topic, "Message", "x")
	s.Close()
	if n := s.Deliveries(); n.Waiting != 0 {
		t.Errorf("%+v", n)
	}
}
