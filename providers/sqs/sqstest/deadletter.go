package sqstest

import "strings"

// deadLetterQueue is where messages go that were received too often. While that
// queue does not exist they stay.
func (q *queue) deadLetterQueue(set *settings) *queue {
	if set.redrive.arn == "" {
		return nil
	}
	target := q.server.byARN(set.redrive.arn)
	if target == nil || target == q || target.fifo != q.fifo {
		return nil
	}
	return target
}

// byARN returns the queue of this server with the ARN, or nil.
func (s *Server) byARN(arn string) *queue {
	name := arn[strings.LastIndexByte(arn, ':')+1:]
	s.queuesMu.RLock()
	defer s.queuesMu.RUnlock()
	if q := s.queues[name]; q != nil && q.arn() == arn {
		return q
	}
	return nil
}

// deadLetter moves messages that were taken out of q. It holds the lock of one
// queue at a time, so that two that are each other's cannot block each other.
func (q *queue) deadLetter(dead []*message) {
	if len(dead) == 0 {
		return
	}
	target := q.deadLetterQueue(q.settings.Load())
	if target == nil {
		target = q // its target has gone in this very moment
	}
	now := q.server.now().UnixNano()
	target.mu.Lock()
	defer target.mu.Unlock()
	for _, m := range dead {
		target.add(now, 0, m.moved(q.arn(), now))
	}
	target.wake()
}

// moved is the message as it begins anew in another queue. In a standard queue
// its age goes on from when it was first sent.
func (m *message) moved(from string, now int64) *message {
	c := &message{
		id: m.id, body: m.body, literal: m.literal, digest: m.digest, attributes: m.attributes, attrDigest: m.attrDigest,
		trace: m.trace, group: m.group, dedup: m.dedup, source: from, sent: m.sent,
	}
	if m.sequence != "" {
		c.sent = now
	}
	return c
}
