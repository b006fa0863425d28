package sqstest

import (
	"net/http"
	"slices"
)

// give sends one subscriber a message, raw or in an envelope that is its own: the
// UnsubscribeURL is.
func (s *Server) give(sub *subscription, e Envelope, p *published) {
	e.UnsubscribeURL = snsHost(e.TopicARN) + "/?Action=Unsubscribe&SubscriptionArn=" + sub.arn
	body, attributes := p.body, p.attributes
	if !sub.raw {
		body, attributes = string(s.Sign(e)), nil
	}
	switch sub.protocol {
	case "sqs":
		s.deliver(sub, body, attributes, p)
	case "http", "https":
		h := sub.header(e, sub.arn)
		if sub.raw {
			h.Set("x-amz-sns-rawdelivery", "true")
		}
		s.sender.post(&posting{url: sub.endpoint, body: []byte(body), header: h})
	}
}

func (s *subscription) header(e Envelope, arn string) http.Header {
	h := http.Header{}
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	h.Set("User-Agent", "Amazon Simple Notification Service Agent")
	h.Set("x-amz-sns-message-type", e.Type)
	h.Set("x-amz-sns-message-id", e.MessageID)
	h.Set("x-amz-sns-topic-arn", e.TopicARN)
	if arn != "" {
		h.Set("x-amz-sns-subscription-arn", arn)
	}
	return h
}

// deliver puts a message into a queue. One that the queue cannot have is lost, as
// with SNS: an 11th attribute of a raw message, a queue that is gone.
func (s *Server) deliver(sub *subscription, body string, attributes []attribute, p *published) {
	q := s.byARN(sub.endpoint)
	o := &outgoing{message: &message{id: newID(), attributes: slices.Clone(attributes)}}
	if q == nil || checkAttributes(o.attributes) != nil {
		s.sender.count(lost)
		return
	}
	o.setBody(body)
	o.attrDigest = attributesDigest(o.attributes)
	if p != nil && q.fifo {
		o.group, o.dedup = p.group, p.dedup
	}
	o.delay = q.settings.Load().delay
	q.send([]*outgoing{o})
	s.sender.count(delivered)
}
