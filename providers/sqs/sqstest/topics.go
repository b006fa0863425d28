package sqstest

import (
	"crypto/rand"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// topics are all topics of SNS and their subscriptions.
type topics struct {
	mu     sync.Mutex
	topics map[string]*topic
	subs   map[string]*subscription // by ARN
	tokens map[string]*subscription
}

// topic is one topic. Its lock is held while a message goes to its queues, so
// that all get their messages in the same order.
type topic struct {
	arn     string
	fifo    bool
	created time.Time

	mu         sync.Mutex
	attributes map[string]string
	subs       []*subscription // in the order in which they were made
	sequence   uint64
	dedups     dedups
}

// subscription is who gets the messages of a topic. It has the lock of its topic.
type subscription struct {
	arn      string
	topic    *topic
	protocol string // sqs, http or https; "" for one that only a test knows
	endpoint string
	raw      bool
	filter   filter
	token    string
	pending  bool
}

func newTopics() *topics {
	return &topics{topics: map[string]*topic{}, subs: map[string]*subscription{}, tokens: map[string]*subscription{}}
}

func (t *topics) find(arn string) *topic {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.topics[arn]
}

// make finds or makes a topic.
func (t *topics) make(arn string, attributes map[string]string, now time.Time) *topic {
	t.mu.Lock()
	defer t.mu.Unlock()
	found := t.topics[arn]
	if found == nil {
		found = &topic{arn: arn, fifo: isFIFO(arn), created: now, attributes: attributes, dedups: newDedups()}
		if found.attributes == nil {
			found.attributes = map[string]string{}
		}
		t.topics[arn] = found
	}
	return found
}

// add subscribes, unless the endpoint is subscribed already.
func (t *topics) add(sub *subscription) (_ *subscription, isNew bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	sub.topic.mu.Lock()
	defer sub.topic.mu.Unlock()
	for _, other := range sub.topic.subs {
		if other.protocol == sub.protocol && other.endpoint == sub.endpoint && sub.protocol != "" {
			return other, false
		}
	}
	sub.arn, sub.token = sub.topic.arn+":"+newID(), newToken()
	sub.topic.subs = append(sub.topic.subs, sub)
	t.subs[sub.arn], t.tokens[sub.token] = sub, sub
	return sub, true
}

func (t *topics) remove(sub *subscription) {
	t.mu.Lock()
	defer t.mu.Unlock()
	sub.topic.mu.Lock()
	defer sub.topic.mu.Unlock()
	sub.topic.subs = slices.DeleteFunc(sub.topic.subs, func(o *subscription) bool { return o == sub })
	delete(t.subs, sub.arn)
	delete(t.tokens, sub.token)
}

// invite makes a pending subscription without an endpoint.
func (t *topics) invite(topicARN string, now time.Time) *subscription {
	sub, _ := t.add(&subscription{topic: t.make(topicARN, nil, now), pending: true})
	return sub
}

// isPending tells whether a subscription still waits to be confirmed, and is there.
func (t *topics) isPending(sub *subscription) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	sub.topic.mu.Lock()
	defer sub.topic.mu.Unlock()
	return sub.pending && t.subs[sub.arn] == sub
}

// confirm returns the subscription that a token confirms, or nil.
func (t *topics) confirm(topicARN, token string) *subscription {
	t.mu.Lock()
	defer t.mu.Unlock()
	sub := t.tokens[token]
	if sub == nil || sub.topic.arn != topicARN {
		return nil
	}
	sub.topic.mu.Lock()
	defer sub.topic.mu.Unlock()
	sub.pending = false
	return sub
}

func (s *subscription) confirmation() Envelope {
	return Envelope{
		Type: confirmation, TopicARN: s.topic.arn, Token: s.token,
		Message: "You have chosen to subscribe to the topic " + s.topic.arn + ".\nTo confirm the subscription, visit the SubscribeURL included in this message.",
	}
}

// newToken is as long as those of SNS.
func newToken() string {
	raw := make([]byte, 100)
	_, _ = rand.Read(raw)
	return hex.EncodeToString(raw)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// topicARN is the ARN of a topic of this server's account and region.
func (s *Server) topicARN(name string) string {
	return "arn:aws:sns:" + s.options.Region + ":" + account + ":" + name
}

// CreateTopic creates a topic, or finds it, and returns its ARN. A name makes one
// of this server's account and region; an ARN one of whatever account and region
// it names, such as a vendor's: a queue that is subscribed to it is first sent a
// SubscriptionConfirmation.
func (s *Server) CreateTopic(nameOrARN string) string {
	arn := nameOrARN
	if !strings.HasPrefix(arn, "arn:") {
		arn = s.topicARN(nameOrARN)
	}
	return s.topics.make(arn, nil, s.now()).arn
}
