package sqstest

import (
	"net/http"
	"net/url"
	"strings"
)

func badSNS(what string) *failure {
	return general("InvalidParameter", "InvalidParameter", 400, "Invalid parameter: %s", what)
}

func noSuchTopic() *failure {
	return general("NotFound", "NotFound", http.StatusNotFound, "Topic does not exist")
}

func (c *call) topic() (*topic, *failure) {
	if t := c.server.topics.find(or(c.args.text("TopicArn"), c.args.text("TargetArn"))); t != nil {
		return t, nil
	}
	return nil, noSuchTopic()
}

func subscribe(c *call) (result, *failure) {
	t, fail := c.topic()
	if fail != nil {
		return nil, fail
	}
	sub := &subscription{topic: t, protocol: c.args.text("Protocol"), endpoint: c.args.text("Endpoint")}
	if fail := sub.set(c.args.pairs("Attributes")); fail != nil {
		return nil, fail
	}
	if fail := c.server.checkEndpoint(sub); fail != nil {
		return nil, fail
	}
	sub.pending = sub.protocol != "sqs" || !strings.Contains(t.arn, ":"+account+":")
	sub, _ = c.server.topics.add(sub)
	if c.server.topics.isPending(sub) {
		c.server.invite(sub)
		if c.args.text("ReturnSubscriptionArn") != "true" {
			return texts{{"SubscriptionArn", "pending confirmation"}}, nil
		}
	}
	return texts{{"SubscriptionArn", sub.arn}}, nil
}

// set takes attributes of a subscription, those that work here.
func (s *subscription) set(attributes []pair) *failure {
	for _, a := range attributes {
		var fail *failure
		switch a.name {
		case "RawMessageDelivery":
			if s.raw = a.value == "true"; a.value != "true" && a.value != "false" {
				fail = badSNS("Attributes Reason: RawMessageDelivery: Invalid value [" + a.value + "]. Must be true or false.")
			}
		case "FilterPolicy":
			s.filter, fail = readFilter(a.value)
		case "FilterPolicyScope":
			if a.value != "MessageAttributes" {
				fail = badSNS("FilterPolicyScope: sqstest filters by MessageAttributes only")
			}
		default:
			fail = badSNS("AttributeName " + a.name + ", or sqstest does not know it")
		}
		if fail != nil {
			return fail
		}
	}
	return nil
}

func (s *Server) checkEndpoint(sub *subscription) *failure {
	switch sub.protocol {
	case "sqs":
		if isFIFO(sub.endpoint) && !sub.topic.fifo {
			return badSNS("Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics")
		}
		if !strings.HasPrefix(sub.endpoint, "arn:aws:sqs:") {
			return badSNS("SQS endpoint ARN")
		}
		return nil
	case "http", "https":
		if u, err := url.Parse(sub.endpoint); err != nil || u.Scheme != sub.protocol || u.Host == "" {
			return badSNS("Endpoint must match the specified protocol")
		}
		if sub.topic.fifo {
			return badSNS("FIFO topics do not deliver to HTTP endpoints")
		}
		return nil
	}
	return badSNS("Amazon SNS does not support this protocol string: " + sub.protocol + ", or sqstest does not")
}

// invite asks an endpoint to confirm.
func (s *Server) invite(sub *subscription) {
	e := s.complete(sub.confirmation())
	if sub.protocol == "sqs" {
		s.deliver(sub, string(s.Sign(e)), nil, nil)
		return
	}
	s.sender.post(&posting{
		url: sub.endpoint, body: s.Sign(e), header: sub.header(e, ""),
		until: func() bool { return !s.topics.isPending(sub) },
	})
}

func confirmSubscription(c *call) (result, *failure) {
	if c.server.topics.find(c.args.text("TopicArn")) == nil {
		return nil, noSuchTopic()
	}
	sub := c.server.topics.confirm(c.args.text("TopicArn"), c.args.text("Token"))
	if sub == nil {
		return nil, badSNS("Token")
	}
	return texts{{"SubscriptionArn", sub.arn}}, nil
}

func unsubscribe(c *call) (result, *failure) {
	s := c.server
	s.topics.mu.Lock()
	sub := s.topics.subs[c.args.text("SubscriptionArn")]
	s.topics.mu.Unlock()
	if sub == nil {
		return done{}, nil // it is not subscribed: that was asked for
	}
	s.topics.remove(sub)
	if strings.HasPrefix(sub.protocol, "http") {
		e := s.complete(sub.confirmation())
		e.Type, e.Message = unsubscribing, "You have chosen to deactivate subscription "+sub.arn+".\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message."
		s.sender.post(&posting{url: sub.endpoint, body: s.Sign(e), header: sub.header(e, sub.arn)})
	}
	return done{}, nil
}

// Subscription is a subscription at one moment.
type Subscription struct {
	ARN, Protocol, Endpoint string
	Confirmed, Raw          bool
}

// Subscriptions returns the subscriptions of a topic in the order in which they
// were made.
func (s *Server) Subscriptions(topicARN string) []Subscription {
	t := s.topics.find(topicARN)
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []Subscription
	for _, sub := range t.subs {
		all = append(all, Subscription{sub.arn, sub.protocol, sub.endpoint, !sub.pending, sub.raw})
	}
	return all
}
