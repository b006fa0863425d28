package sqstest

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/leat-io/leat/internal/rawjson"
)

func deleteQueue(c *call) (result, *failure) {
	c.server.queuesMu.Lock()
	delete(c.server.queues, c.queue.name)
	c.server.queuesMu.Unlock()
	c.queue.stopTimer()
	c.queue.mu.Lock()
	defer c.queue.mu.Unlock()
	c.queue.gone = true
	c.queue.waiters.wakeAll()
	return done{}, nil
}

// purgeGap is the least time between two purges of a queue.
const purgeGap = time.Minute

func purgeQueue(c *call) (result, *failure) {
	q, now := c.queue, c.server.now()
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.purged.IsZero() && now.Sub(q.purged) < purgeGap {
		return nil, modelled("PurgeQueueInProgress", oldPrefix+"PurgeQueueInProgress", 403, "Only one PurgeQueue operation on %s is allowed every 60 seconds.", q.name)
	}
	q.purged = now
	q.counts.purged += len(q.messages)
	for _, m := range q.messages {
		q.remove(m)
	}
	return done{}, nil
}

func setQueueAttributes(c *call) (result, *failure) {
	q := c.queue
	changes := textMap(c.args.pairs("Attributes"))
	q.mu.Lock()
	defer q.mu.Unlock()
	if fifo, ok := changes["FifoQueue"]; ok && (fifo == "true") != q.fifo {
		return nil, badAttributeValue("FifoQueue")
	}
	set, fail := q.settings.Load().with(changes, q.fifo)
	if fail != nil {
		return nil, fail
	}
	q.settings.Store(set)
	q.modified = c.server.now()
	return done{}, nil
}

// text is the value of a setting, given or by default; "" if there is none.
func (s *settings) text(name string) string {
	if given, ok := s.texts[name]; ok {
		return given
	}
	if r, ok := numeric[name]; ok && name != "KmsDataKeyReusePeriodSeconds" {
		return strconv.Itoa(r.def)
	}
	switch name {
	case "SqsManagedSseEnabled":
		return "true"
	case "ContentBasedDeduplication":
		return "false"
	case "DeduplicationScope":
		return "queue"
	case "FifoThroughputLimit":
		return "perQueue"
	}
	return ""
}

// attributes are all attributes of the queue, set and counted.
func (q *queue) attributes() map[string]string {
	set, now := q.settings.Load(), q.server.now().UnixNano()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.refresh(now)
	all := map[string]string{
		"QueueArn":                              q.arn(),
		"ApproximateNumberOfMessages":           strconv.Itoa(len(q.messages) - q.inFlight - q.delayed),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(q.inFlight),
		"ApproximateNumberOfMessagesDelayed":    strconv.Itoa(q.delayed),
		"CreatedTimestamp":                      strconv.FormatInt(q.created.Unix(), 10),
		"LastModifiedTimestamp":                 strconv.FormatInt(q.modified.Unix(), 10),
	}
	for name := range settable() {
		if value := set.text(name); value != "" && (q.fifo || !fifoOnly[name]) {
			all[name] = value
		}
	}
	return all
}

// settable yields the names of all settings.
func settable() map[string]bool {
	names := map[string]bool{}
	for name := range numeric {
		names[name] = true
	}
	for name := range choices {
		names[name] = true
	}
	for name := range documents {
		names[name] = true
	}
	return names
}

func getQueueAttributes(c *call) (result, *failure) {
	all := c.queue.attributes()
	known := settable()
	some := attributeMap{}
	for _, name := range c.args.texts("AttributeNames") {
		value, has := all[name]
		switch {
		case name == "All":
			maps.Copy(some, all)
		case has:
			some[name] = value
		case !known[name]:
			return nil, badAttributeName(name)
		}
	}
	return some, nil
}

type attributeMap map[string]string

func (m attributeMap) sorted() []pair {
	pairs := make([]pair, 0, len(m))
	for name, value := range m {
		pairs = append(pairs, pair{name, value})
	}
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Compare(a.name, b.name) })
	return pairs
}

func (m attributeMap) appendJSON(b []byte) []byte {
	if len(m) == 0 {
		return append(b, "{}"...)
	}
	b = append(b, `{"Attributes":{`...)
	for i, p := range m.sorted() {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(rawjson.AppendString(b, p.name), ':')
		b = rawjson.AppendString(b, p.value)
	}
	return append(b, "}}"...)
}

func (m attributeMap) appendXML(b []byte) []byte {
	for _, p := range m.sorted() {
		b = appendElement(append(b, "<Attribute>"...), "Name", p.name)
		b = append(appendElement(b, "Value", p.value), "</Attribute>"...)
	}
	return b
}
