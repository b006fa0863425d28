package sqstest

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

func sendMessage(c *call) (result, *failure) {
	o, fail := c.queue.outgoing(c.args)
	if fail != nil {
		return nil, fail
	}
	return c.queue.send([]*outgoing{o})[0], nil
}

func sendMessageBatch(c *call) (result, *failure) {
	entries, fail := c.entries()
	if fail != nil {
		return nil, fail
	}
	answer, size := &sentBatch{}, 0
	var good []*outgoing
	for _, e := range entries {
		o, fail := c.queue.outgoing(e)
		if o != nil {
			size += o.size()
		}
		if fail != nil {
			answer.failed = append(answer.failed, failedEntry{e.text("Id"), fail})
			continue
		}
		o.entry = e.text("Id")
		good = append(good, o)
	}
	if size > maxMessage {
		return nil, modelled("BatchRequestTooLong", oldPrefix+"BatchRequestTooLong", 400, "Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxMessage, size)
	}
	answer.sent = c.queue.send(good)
	return answer, nil
}

// outgoing is a message on its way into a queue.
type outgoing struct {
	*message
	entry       string // its id in the batch
	delay       time.Duration
	traceDigest string
}

// outgoing reads a message from a call or an entry. With a failure the message
// may still be there, for its size.
func (q *queue) outgoing(a args) (*outgoing, *failure) {
	o := &outgoing{message: &message{id: newID()}}
	if !a.has("MessageBody") || a.text("MessageBody") == "" {
		return nil, missing("MessageBody")
	}
	o.setBody(a.text("MessageBody"))
	var fail *failure
	if o.attributes, fail = a.attributes("MessageAttributes"); fail != nil {
		return o, fail
	}
	if fail := checkAttributes(o.attributes); fail != nil {
		return o, fail
	}
	o.attrDigest = attributesDigest(o.attributes)
	if fail := o.readTrace(a); fail != nil {
		return o, fail
	}
	set := q.settings.Load()
	if o.size() > set.maxSize {
		return o, badValue("One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", set.maxSize)
	}
	if fail := checkText(o.body, "message body"); fail != nil {
		return o, fail
	}
	return o, q.readOrder(o, a, set)
}

// readTrace reads the only message system attribute that can be sent.
func (o *outgoing) readTrace(a args) *failure {
	system, fail := a.attributes("MessageSystemAttributes")
	if fail != nil {
		return fail
	}
	for _, s := range system {
		if s.name != "AWSTraceHeader" || s.kind != "String" {
			return badValue("Message system attribute name '%s' is invalid: it can only be AWSTraceHeader, a String.", s.name)
		}
		o.trace = s.value
	}
	o.traceDigest = attributesDigest(system)
	return nil
}

// readOrder reads what differs between standard and FIFO queues.
func (q *queue) readOrder(o *outgoing, a args, set *settings) *failure {
	o.group, o.dedup = a.text("MessageGroupId"), a.text("MessageDeduplicationId")
	if fail := checkOrderID("MessageGroupId", o.group); fail != nil {
		return fail
	}
	if fail := checkOrderID("MessageDeduplicationId", o.dedup); fail != nil {
		return fail
	}
	o.delay = set.delay
	if !q.fifo {
		if o.dedup != "" {
			return badParameter(o.dedup, "MessageDeduplicationId", "The request include parameter that is not valid for this queue type.")
		}
		seconds, fail := number(a, "DelaySeconds", int(set.delay/time.Second), 0, 900)
		o.delay = time.Duration(seconds) * time.Second
		return fail
	}
	switch {
	case o.group == "":
		return missing("MessageGroupId")
	case a.has("DelaySeconds") && a.text("DelaySeconds") != "0":
		return badParameter(a.text("DelaySeconds"), "DelaySeconds", "The request include parameter that is not valid for this queue type.")
	case o.dedup == "" && !set.contentDedup:
		return badValue("The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
	case o.dedup == "":
		sum := sha256.Sum256([]byte(o.body))
		o.dedup = hex.EncodeToString(sum[:])
	}
	return nil
}

// checkOrderID takes up to 128 printable ASCII characters without spaces.
func checkOrderID(name, id string) *failure {
	if len(id) > 128 {
		return badParameter(id, name, name+" can only include alphanumeric and punctuation characters. 1 to 128 in length.")
	}
	for i := 0; i < len(id); i++ {
		if id[i] <= ' ' || id[i] > '~' {
			return badParameter(id, name, name+" can only include alphanumeric and punctuation characters. 1 to 128 in length.")
		}
	}
	return nil
}

// send puts messages into the queue in one go, so that a receive that polls
// finds all of them. In a FIFO queue those that were sent before are left out.
func (q *queue) send(all []*outgoing) []*sent {
	now := q.server.now().UnixNano()
	set := q.settings.Load()
	answers := make([]*sent, len(all))
	q.mu.Lock()
	defer q.mu.Unlock()
	q.advance(now)
	for i, o := range all {
		answers[i] = &sent{entry: o.entry, digest: o.digest, attrDigest: o.attrDigest, traceDigest: o.traceDigest}
		if q.fifo {
			if before, ok := q.dedups.find(now, set, o.message); ok {
				answers[i].id, answers[i].sequence = before.id, before.sequence
				continue
			}
		}
		o.message.sent = now
		q.add(now, o.delay, o.message)
		if q.fifo {
			q.dedups.note(now, set, o.message)
		}
		answers[i].id, answers[i].sequence = o.id, o.message.sequence
	}
	q.wake()
	return answers
}
