package sqstest

import (
	"cmp"
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/leat-io/leat/internal/rawjson"
)

func isFIFO(name string) bool { return strings.HasSuffix(name, ".fifo") }

func createQueue(c *call) (result, *failure) {
	tags := c.args.pairs("tags")
	q, fail := c.server.createQueue(c.args.text("QueueName"), textMap(c.args.pairs("Attributes")), textMap(tags))
	if fail != nil {
		return nil, fail
	}
	return queueURL(c.urlOf(q)), nil
}

// CreateQueue creates a queue, or finds it if it is there already with the same
// attributes, and returns its URL. The attributes are those of CreateQueue, such as
// VisibilityTimeout; a name that ends in .fifo makes a FIFO queue.
func (s *Server) CreateQueue(name string, attributes map[string]string) (string, error) {
	if isFIFO(name) {
		attributes = maps.Clone(attributes)
		if attributes == nil {
			attributes = map[string]string{}
		}
		attributes["FifoQueue"] = "true"
	}
	if _, fail := s.createQueue(name, attributes, nil); fail != nil {
		return "", fail
	}
	return s.QueueURL(name), nil
}

func (s *Server) createQueue(name string, attributes, tags map[string]string) (*queue, *failure) {
	fifo := isFIFO(name)
	if !validQueueName(name) || fifo != (attributes["FifoQueue"] == "true") {
		return nil, badValue("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length. The name of a FIFO queue, and of no other, ends in .fifo.")
	}
	var none *settings
	set, fail := none.with(attributes, fifo)
	if fail != nil {
		return nil, fail
	}
	s.queuesMu.Lock()
	defer s.queuesMu.Unlock()
	if q := s.queues[name]; q != nil {
		return q, q.settings.Load().same(attributes)
	}
	s.lastQueue++
	q := newQueue(s, name, s.lastQueue, set)
	q.tags = tags
	s.queues[name] = q
	return q, nil
}

func validQueueName(name string) bool {
	bare := strings.TrimSuffix(name, ".fifo")
	return bare != "" && len(name) <= 80 && !strings.ContainsFunc(bare, func(r rune) bool { return !isNameRune(r) })
}

// same refuses to create a queue again with other attributes.
func (s *settings) same(attributes map[string]string) *failure {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if s.text(name) != attributes[name] {
			return modelled("QueueNameExists", "QueueAlreadyExists", 400, "A queue already exists with the same name and a different value for attribute %s", name)
		}
	}
	return nil
}

func getQueueURL(c *call) (result, *failure) {
	q := c.server.find(c.args.text("QueueName"))
	if q == nil {
		return nil, noSuchQueue()
	}
	return queueURL(c.urlOf(q)), nil
}

// urlOf is the queue's URL under the name the client knows the server by.
func (c *call) urlOf(q *queue) string { return c.base + "/" + account + "/" + q.name }

type queueURL string

func (u queueURL) appendJSON(b []byte) []byte {
	return append(rawjson.AppendString(append(b, `{"QueueUrl":`...), string(u)), '}')
}

func (u queueURL) appendXML(b []byte) []byte { return appendElement(b, "QueueUrl", string(u)) }

func listQueues(c *call) (result, *failure) {
	limit, fail := number(c.args, "MaxResults", 1000, 1, 1000)
	if fail != nil {
		return nil, fail
	}
	after, err := base64.StdEncoding.DecodeString(c.args.text("NextToken"))
	if err != nil {
		return nil, badParameter(c.args.text("NextToken"), "NextToken", "It is not one that ListQueues has given.")
	}
	answer := &queueList{}
	for _, q := range c.server.allQueues() {
		if q.name <= string(after) || !strings.HasPrefix(q.name, c.args.text("QueueNamePrefix")) {
			continue
		}
		if len(answer.urls) == limit {
			answer.next = base64.StdEncoding.EncodeToString([]byte(after))
			break
		}
		answer.urls = append(answer.urls, c.urlOf(q))
		after = []byte(q.name)
	}
	return answer, nil
}

// allQueues returns the queues by name.
func (s *Server) allQueues() []*queue {
	s.queuesMu.RLock()
	defer s.queuesMu.RUnlock()
	return slices.SortedFunc(maps.Values(s.queues), func(a, b *queue) int { return cmp.Compare(a.name, b.name) })
}

type queueList struct {
	urls []string
	next string
}

func (l *queueList) appendJSON(b []byte) []byte {
	b = append(b, `{"QueueUrls":[`...)
	for i, u := range l.urls {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendQuote(b, u)
	}
	if b = append(b, ']'); l.next != "" {
		b = rawjson.AppendString(append(b, `,"NextToken":`...), l.next)
	}
	return append(b, '}')
}

func (l *queueList) appendXML(b []byte) []byte {
	for _, u := range l.urls {
		b = appendElement(b, "QueueUrl", u)
	}
	if l.next != "" {
		b = appendElement(b, "NextToken", l.next)
	}
	return b
}
