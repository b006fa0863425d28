package sqstest

import (
	"net/url"
	"time"

	"github.com/leat-io/leat/internal/rawjson"
)

// Envelope is a message of SNS before it is signed. What is empty gets what SNS
// would put there.
type Envelope struct {
	// Type is Notification by default, or SubscriptionConfirmation or
	// UnsubscribeConfirmation.
	Type      string
	MessageID string
	TopicARN  string
	// Subject is left out when it is empty.
	Subject string
	Message string
	// Timestamp is now by default.
	Timestamp time.Time
	// SignatureVersion is 1 by default, or 2.
	SignatureVersion string
	// SigningCertURL is the address of this server's certificate by default.
	SigningCertURL string
	// Token and SubscribeURL are those of a confirmation. The SubscribeURL is made
	// from the topic and the token by default.
	Token, SubscribeURL string
	// UnsubscribeURL is that of a notification.
	UnsubscribeURL string
	// Attributes become MessageAttributes of the type String.
	Attributes map[string]string
	// SequenceNumber is that of a FIFO topic.
	SequenceNumber string

	attributes []attribute
}

const (
	notification  = "Notification"
	confirmation  = "SubscriptionConfirmation"
	unsubscribing = "UnsubscribeConfirmation"
)

// Sign returns an envelope as SNS sends it, with this server's signature.
func (s *Server) Sign(e Envelope) []byte {
	e = s.complete(e)
	fields := e.signed()
	text := ""
	for _, f := range fields {
		text += f.name + "\n" + f.value + "\n"
	}
	return e.append(nil, s.signer.sign(e.SignatureVersion, text))
}

// Notification returns a signed notification, as it is the body of an HTTP
// delivery and of a message in a queue. The topic need not exist.
func (s *Server) Notification(topicARN, message string, attributes map[string]string) []byte {
	return s.Sign(Envelope{TopicARN: topicARN, Message: message, Attributes: attributes})
}

// Confirmation returns a signed SubscriptionConfirmation, whose token the server
// takes: visiting its SubscribeURL on this server confirms a subscription without an
// endpoint, which [Server.Subscriptions] then lists. The topic is made if it does
// not exist.
func (s *Server) Confirmation(topicARN string) []byte {
	sub := s.topics.invite(topicARN, s.now())
	return s.Sign(sub.confirmation())
}

func (s *Server) complete(e Envelope) Envelope {
	_, file := s.signer.certificate()
	e.Type = or(e.Type, notification)
	e.MessageID = or(e.MessageID, newID())
	e.SignatureVersion = or(e.SignatureVersion, "1")
	e.SigningCertURL = or(e.SigningCertURL, snsHost(e.TopicARN)+"/"+file)
	if e.Timestamp.IsZero() {
		e.Timestamp = s.now()
	}
	if e.Type != notification {
		e.Token = or(e.Token, newToken())
		e.SubscribeURL = or(e.SubscribeURL, snsHost(e.TopicARN)+"/?Action=ConfirmSubscription&TopicArn="+e.TopicARN+"&Token="+url.QueryEscape(e.Token))
		return e
	}
	e.UnsubscribeURL = or(e.UnsubscribeURL, snsHost(e.TopicARN)+"/?Action=Unsubscribe&SubscriptionArn="+e.TopicARN+":"+newID())
	for _, name := range sortedKeys(e.Attributes) {
		e.attributes = append(e.attributes, attribute{name: name, kind: "String", value: e.Attributes[name]})
	}
	return e
}

func (e *Envelope) time() string { return e.Timestamp.UTC().Format("2006-01-02T15:04:05.000Z") }

// signed are the fields that are signed, in the order of their names.
func (e *Envelope) signed() []pair {
	fields := []pair{{"Message", e.Message}, {"MessageId", e.MessageID}}
	if e.Type == notification {
		if e.Subject != "" {
			fields = append(fields, pair{"Subject", e.Subject})
		}
	} else {
		fields = append(fields, pair{"SubscribeURL", e.SubscribeURL})
	}
	fields = append(fields, pair{"Timestamp", e.time()})
	if e.Type != notification {
		fields = append(fields, pair{"Token", e.Token})
	}
	return append(fields, pair{"TopicArn", e.TopicARN}, pair{"Type", e.Type})
}

// append writes the fields in the order and with the spaces that SNS does.
func (e *Envelope) append(b []byte, signature string) []byte {
	b = append(b, '{')
	for _, f := range []pair{
		{"Type", e.Type}, {"MessageId", e.MessageID}, {"SequenceNumber", e.SequenceNumber}, {"Token", e.Token},
		{"TopicArn", e.TopicARN}, {"Subject", e.Subject}, {"Message", e.Message}, {"SubscribeURL", e.SubscribeURL},
		{"Timestamp", e.time()}, {"SignatureVersion", e.SignatureVersion}, {"Signature", signature},
		{"SigningCertURL", e.SigningCertURL}, {"UnsubscribeURL", e.UnsubscribeURL},
	} {
		if f.value == "" && f.name != "Message" {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(rawjson.AppendString(append(b, "\n  "...), f.name), " : "...)
		b = rawjson.AppendString(b, f.value)
	}
	return append(e.appendAttributes(b), "\n}"...)
}

func (e *Envelope) appendAttributes(b []byte) []byte {
	if len(e.attributes) == 0 {
		return b
	}
	b = append(b, ",\n  \"MessageAttributes\" : {"...)
	for i, a := range e.attributes {
		if i > 0 {
			b = append(b, ',')
		}
		_, text := a.field()
		b = append(rawjson.AppendString(append(b, "\n    "...), a.name), ` : {"Type":`...)
		b = append(rawjson.AppendString(b, a.kind), `,"Value":`...)
		b = append(rawjson.AppendString(b, text), '}')
	}
	return append(b, "\n  }"...)
}
