package sqstest

import "time"

// maxVisibility is how many seconds after its receive a message can be invisible.
const maxVisibility = 43_200

func changeVisibility(c *call) (result, *failure) {
	h, fail := c.queue.handle(c.args)
	if fail != nil {
		return nil, fail
	}
	now := c.server.now().UnixNano()
	c.queue.mu.Lock()
	defer c.queue.mu.Unlock()
	return done{}, c.queue.changeVisibility(h, c.args, now)
}

func changeVisibilityBatch(c *call) (result, *failure) {
	now := c.server.now().UnixNano()
	return c.eachHandle(func(h handle, entry args) *failure { return c.queue.changeVisibility(h, entry, now) })
}

// changeVisibility has a message stay invisible until so long from now, for the
// receive that has it.
func (q *queue) changeVisibility(h handle, a args, now int64) *failure {
	if !a.has("VisibilityTimeout") {
		return missing("VisibilityTimeout")
	}
	seconds, fail := number(a, "VisibilityTimeout", 0, 0, maxVisibility)
	if fail != nil {
		return fail
	}
	q.advance(now)
	defer q.wake()
	m := q.messages[h.message]
	switch {
	case m == nil || m.receipt != h.receipt:
		return badParameter(string(h.append(nil)), "ReceiptHandle", "Message does not exist or is not available for visibility timeout change.")
	case m.state != inFlight:
		return modelled("MessageNotInflight", oldPrefix+"MessageNotInflight", 400, "The message referred to is not in flight.")
	}
	due := now + int64(seconds)*int64(time.Second)
	if due-m.last > maxVisibility*int64(time.Second) {
		return badParameter(seconds, "VisibilityTimeout", "Total VisibilityTimeout for the message is beyond the limit [43200 seconds].")
	}
	m.due = due
	q.hidden.moved(m)
	q.advance(now)
	return nil
}
