package sqstest

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// maxNotification is the quota for a message of SNS, and for all of a batch.
const maxNotification = 256 << 10

func publish(c *call) (result, *failure) {
	t, fail := c.topic()
	if fail != nil {
		return nil, fail
	}
	p, fail := t.outgoing(c.args)
	if fail != nil {
		return nil, fail
	}
	if p.size() > maxNotification {
		return nil, badSNS("Message too long")
	}
	c.server.publish(t, p)
	return texts{{"MessageId", p.id}, {"SequenceNumber", p.sequence}}, nil
}

func publishBatch(c *call) (result, *failure) {
	t, fail := c.topic()
	if fail != nil {
		return nil, fail
	}
	entries, fail := c.entries()
	if fail != nil {
		fail.code = strings.TrimPrefix(fail.code, oldPrefix)
		return nil, fail
	}
	answer, size := &publishedBatch{}, 0
	all := make([]*published, len(entries))
	for i, e := range entries {
		if all[i], fail = t.outgoing(e); fail != nil {
			answer.failed = append(answer.failed, failedEntry{e.text("Id"), fail})
			continue
		}
		size += all[i].size()
	}
	if size > maxNotification {
		return nil, general("BatchRequestTooLong", "BatchRequestTooLong", 400, "The length of all the batch messages put together is more than the limit")
	}
	for i, p := range all {
		if p != nil {
			c.server.publish(t, p)
			answer.sent = append(answer.sent, texts{{"Id", entries[i].text("Id")}, {"MessageId", p.id}, {"SequenceNumber", p.sequence}})
		}
	}
	return answer, nil
}

// published is a message on its way through a topic.
type published struct {
	*message
	subject string
}

func (t *topic) outgoing(a args) (*published, *failure) {
	p := &published{&message{id: newID(), body: a.text("Message"), group: a.text("MessageGroupId"), dedup: a.text("MessageDeduplicationId")}, a.text("Subject")}
	switch {
	case p.body == "":
		return nil, badSNS("Empty message")
	case a.text("MessageStructure") != "":
		return nil, badSNS("MessageStructure: sqstest sends everybody the same message")
	case t.fifo && p.group == "":
		return nil, badSNS("The MessageGroupId parameter is required for FIFO topics")
	}
	var fail *failure
	if p.attributes, fail = a.attributes("MessageAttributes"); fail == nil {
		fail = checkSNSAttributes(p.attributes)
	}
	if fail != nil {
		return nil, badSNS("MessageAttributes: " + fail.message)
	}
	return p, t.readDedup(p.message)
}

// checkSNSAttributes knows the rules of SQS, without the limit of ten.
func checkSNSAttributes(all []attribute) *failure {
	for i := range all {
		if fail := all[i].check(); fail != nil {
			return fail
		}
	}
	return nil
}

func (t *topic) readDedup(m *message) *failure {
	if !t.fifo || m.dedup != "" {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.attributes["ContentBasedDeduplication"] != "true" {
		return badSNS("The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
	}
	sum := sha256.Sum256([]byte(m.body))
	m.dedup = hex.EncodeToString(sum[:])
	return nil
}

// publish gives a message to all who have subscribed and want it. In a FIFO
// topic, not if it was published before.
func (s *Server) publish(t *topic, p *published) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.fifo {
		now := s.now().UnixNano()
		if before, ok := t.dedups.find(now, &settings{}, p.message); ok {
			p.id, p.sequence = before.id, before.sequence
			return
		}
		t.sequence++
		p.sequence = sequence(t.sequence)
		t.dedups.note(now, &settings{}, p.message)
	}
	e := s.complete(Envelope{
		MessageID: p.id, TopicARN: t.arn, Subject: p.subject, Message: p.body, SequenceNumber: p.sequence,
		SignatureVersion: t.attributes["SignatureVersion"], attributes: p.attributes,
	})
	for _, sub := range t.subs {
		if !sub.pending && sub.filter.passes(p.attributes) {
			s.give(sub, e, p)
		}
	}
}
