package sqstest

func deleteMessage(c *call) (result, *failure) {
	h, fail := c.queue.handle(c.args)
	if fail != nil {
		return nil, fail
	}
	now := c.server.now().UnixNano()
	c.queue.mu.Lock()
	defer c.queue.mu.Unlock()
	return done{}, c.queue.delete(h, now)
}

func deleteMessageBatch(c *call) (result, *failure) {
	now := c.server.now().UnixNano()
	return c.eachHandle(func(h handle, _ args) *failure { return c.queue.delete(h, now) })
}

// handle reads the receipt handle of a call or an entry.
func (q *queue) handle(a args) (handle, *failure) {
	text := a.text("ReceiptHandle")
	if text == "" {
		return handle{}, missing("ReceiptHandle")
	}
	h, ok := readHandle(text)
	if !ok || h.queue != q.serial {
		return h, badHandle(text)
	}
	return h, nil
}

// eachHandle does something for each receipt handle of a batch, under the
// queue's lock, and answers which worked.
func (c *call) eachHandle(do func(h handle, entry args) *failure) (result, *failure) {
	entries, fail := c.entries()
	if fail != nil {
		return nil, fail
	}
	answer := &batchDone{kind: c.Action + "ResultEntry"}
	c.queue.mu.Lock()
	defer c.queue.mu.Unlock()
	for _, e := range entries {
		h, fail := c.queue.handle(e)
		if fail == nil {
			fail = do(h, e)
		}
		answer.add(e.text("Id"), fail)
	}
	return answer, nil
}

// delete removes the message of a handle. That it is not there any more is no
// error: it is what was asked for.
func (q *queue) delete(h handle, now int64) *failure {
	q.advance(now)
	defer q.wake()
	m := q.messages[h.message]
	switch {
	case m == nil:
		return nil
	case q.fifo && (m.state != inFlight || m.receipt != h.receipt):
		return badValue("Value %s for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.", h.append(nil))
	case q.server.options.NewestHandleDeletes && m.receipt != h.receipt:
		return nil
	}
	q.remove(m)
	q.counts.deleted++
	return nil
}
