package sqstest

import "time"

// wanted is what a receive asks for.
type wanted struct {
	max        int
	visibility time.Duration // negative: the queue's
	wait       time.Duration
	system     systemSet
	names      nameSet
}

// delivery is a message as one receive has it.
type delivery struct {
	*message
	receives int
	first    int64
	receipt  uint32
}

func receiveMessage(c *call) (result, *failure) {
	want, fail := c.wanted()
	if fail != nil {
		return nil, fail
	}
	got, fail := c.queue.poll(c.ctx, want)
	if fail != nil {
		return nil, fail
	}
	return &received{queue: c.queue, want: want, messages: got}, nil
}

func (c *call) wanted() (*wanted, *failure) {
	set := c.queue.settings.Load()
	limit, fail := number(c.args, "MaxNumberOfMessages", 1, 1, 10)
	if fail != nil {
		return nil, fail
	}
	visibility, fail := number(c.args, "VisibilityTimeout", -1, 0, maxVisibility)
	if fail != nil {
		return nil, fail
	}
	wait, fail := number(c.args, "WaitTimeSeconds", int(set.wait/time.Second), 0, 20)
	if fail != nil {
		return nil, fail
	}
	system, fail := readSystemSet(c.args.texts("AttributeNames"), c.args.texts("MessageSystemAttributeNames"))
	if fail != nil {
		return nil, fail
	}
	return &wanted{
		max: limit, visibility: time.Duration(visibility) * time.Second, wait: time.Duration(wait) * time.Second,
		system: system, names: c.args.texts("MessageAttributeNames"),
	}, nil
}

// take gives out visible messages. Those that were received too often come back
// as dead.
func (q *queue) take(now int64, want *wanted) (got []delivery, dead []*message, _ *failure) {
	set := q.settings.Load()
	visibility := want.visibility
	if visibility < 0 {
		visibility = set.visibility
	}
	limit := q.server.options.MaxInFlight
	if q.inFlight >= limit && !q.fifo && want.wait == 0 {
		return nil, nil, modelled("OverLimit", "OverLimit", 403, "Too many messages in flight: %d. Delete some, or poll long.", limit)
	}
	target := q.deadLetterQueue(set)
	next := q.nextVisible()
	for len(got) < want.max && q.inFlight < limit {
		m := next()
		switch {
		case m == nil:
			return got, dead, nil
		case m.sent <= now-int64(set.retention):
			q.remove(m)
			q.counts.expired++
		case target != nil && m.receives >= set.redrive.maxReceives:
			q.remove(m)
			q.counts.deadLettered++
			dead = append(dead, m)
		default:
			got = append(got, q.give(m, now, visibility))
		}
	}
	return got, dead, nil
}

// nextVisible returns what finds the message to give out next. Of a group of a
// FIFO queue it finds all in turn, and only then looks at the next group.
func (q *queue) nextVisible() func() *message {
	var g *group
	return func() *message {
		if !q.fifo {
			return q.visible.head
		}
		if g != nil && g.pending.head != nil && g.pending.head.state == visible {
			return g.pending.head
		}
		if g = q.ready.head; g == nil {
			return nil
		}
		return g.pending.head
	}
}

// give has a message in flight.
func (q *queue) give(m *message, now int64, visibility time.Duration) delivery {
	q.hide(m, now+int64(visibility))
	q.wakeGroup(m)
	m.receives++
	q.counts.receives++
	q.counts.mostReceives = max(q.counts.mostReceives, m.receives)
	m.receipt++
	m.last = now
	if m.first == 0 {
		m.first = now
	}
	return delivery{m, m.receives, m.first, m.receipt}
}

// giveBack undoes receives whose answers could not be sent.
func (q *queue) giveBack(all []delivery) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := len(all) - 1; i >= 0; i-- {
		m := all[i].message
		if q.messages[m.number] != m || m.state != inFlight || m.receipt != all[i].receipt {
			continue
		}
		q.show(m)
		if !q.fifo {
			q.visible.remove(m)
			q.visible.pushFront(m)
		}
		q.counts.receives--
		if m.receives--; m.receives == 0 {
			m.first = 0
		}
	}
	q.wake()
}
