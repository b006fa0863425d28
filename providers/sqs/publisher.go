package sqs

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/pipeline"
)

// Publisher is a Watermill publisher that sends the messages of a call, and those
// of calls at the same time, up to ten to a request. Its topics are queues: names,
// URLs or ARNs. Metadata become attributes, except what begins with sqs.; the UUID
// travels as Watermill's own SQS publisher sends it, so that subscribers of either
// kind read messages of both.
//
// A queue is looked for when something is published to it for the first time, and
// stays known until Close: who publishes to ever new queues needs a publisher for
// each of them.
type Publisher struct {
	config SinkConfig
	log    *slog.Logger
	// load finds credentials and endpoint; nil: as the settings say.
	load func(context.Context) (*awsapi.Caller, error)

	running context.Context // ends with Close
	cancel  context.CancelFunc

	mu     sync.Mutex
	opened map[string]*opened
	closed bool
}

// NewPublisher returns a publisher. Queue, QueueFrom, MaxQueues, Group,
// Deduplication, Label and Attributes of the settings do not count; of the others
// zero means the default. Group and deduplication are those that a message names in
// its metadata.
func NewPublisher(c SinkConfig, log *slog.Logger) (*Publisher, error) {
	c = c.withDefaults()
	c.Queue, c.Label, c.Attributes = "any", false, nil
	c.QueueFrom, c.Group, c.Deduplication = pipeline.Expr{}, pipeline.Expr{}, pipeline.Expr{}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	p := &Publisher{config: c, log: log, opened: map[string]*opened{}}
	p.running, p.cancel = context.WithCancel(context.Background())
	return p, nil
}

func (c SinkConfig) withDefaults() SinkConfig {
	d := Sink.Defaults.(SinkConfig)
	c.Protocol = cmp.Or(c.Protocol, d.Protocol)
	c.MaxSize = cmp.Or(c.MaxSize, d.MaxSize)
	c.MaxRequests = cmp.Or(c.MaxRequests, d.MaxRequests)
	c.Timeout = cmp.Or(c.Timeout, d.Timeout)
	c.BatchWait = cmp.Or(c.BatchWait, d.BatchWait)
	c.MaxQueues = d.MaxQueues
	return c
}

// Publish returns nil once SQS has all messages. When one of them cannot be sent as
// it is, none is; after any other error some of them may be in the queue. It returns
// when the context of a message ends, of the first one while the queue is looked for.
func (p *Publisher) Publish(topic string, messages ...*message.Message) error {
	if len(messages) == 0 {
		return nil
	}
	s, err := p.sinkOf(messages[0].Context(), topic)
	if err != nil {
		return err
	}
	q := s.queues.fixed
	all, err := q.outgoing(messages)
	if err != nil {
		return err
	}
	if q.fifo() {
		return q.sendInOrder(messages, all)
	}
	return q.sendTogether(messages, all)
}

var errPublisherClosed = errors.New("the publisher is closed")

// Close returns when all that is being published has its result. Queues are looked
// for no longer.
func (p *Publisher) Close() error {
	p.mu.Lock()
	all := p.opened
	p.opened, p.closed = nil, true
	p.mu.Unlock()
	p.cancel()
	var errs []error
	for _, o := range all {
		if <-o.done; o.sink != nil {
			errs = append(errs, o.sink.close())
		}
	}
	return errors.Join(errs...)
}
