package sqs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/internal/awsmessage"
	"github.com/leat-io/leat/pipeline"
)

// Metadata of a Watermill message that says where it belongs in a FIFO queue. It
// is what the subscriber sets, so that a message that is passed on stays where it
// was.
const (
	metaGroup         = metaPrefix + "MessageGroupId"
	metaDeduplication = metaPrefix + "MessageDeduplicationId"
)

// oneGroup is the group of messages that name none: they stay in order.
const oneGroup = "watermill"

// Publisher is a Watermill publisher that sends the messages of a call, and those
// of calls at the same time, up to ten to a request. Its topics are queues: names,
// URLs or ARNs. Metadata become attributes, except what begins with sqs.; the UUID
// travels as Watermill's own SQS publisher sends it, so that subscribers of either
// kind read messages of both.
type Publisher struct {
	config SinkConfig
	log    *slog.Logger

	mu     sync.Mutex
	sinks  map[string]*sink
	closed bool
}

// NewPublisher returns a publisher. Queue, QueueFrom, Label and Attributes of the
// settings do not count; of the others zero means the default.
func NewPublisher(c SinkConfig, log *slog.Logger) (*Publisher, error) {
	c = c.withDefaults()
	c.Queue, c.Label, c.Attributes, c.QueueFrom = "any", false, nil, pipeline.Expr{}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Publisher{config: c, log: log, sinks: map[string]*sink{}}, nil
}

func (c SinkConfig) withDefaults() SinkConfig {
	d := Sink.Defaults.(SinkConfig)
	if c.Protocol == "" {
		c.Protocol = d.Protocol
	}
	if c.MaxSize == 0 {
		c.MaxSize = d.MaxSize
	}
	if c.MaxRequests == 0 {
		c.MaxRequests = d.MaxRequests
	}
	if c.Timeout == 0 {
		c.Timeout = d.Timeout
	}
	if c.BatchWait == 0 {
		c.BatchWait = d.BatchWait
	}
	c.MaxQueues = d.MaxQueues
	return c
}

// Publish returns nil once SQS has all messages. After an error some of them may
// be in the queue.
func (p *Publisher) Publish(topic string, messages ...*message.Message) error {
	s, err := p.sinkOf(topic)
	if err != nil {
		return err
	}
	q := s.queues.fixed
	errs := make([]error, len(messages))
	var all sync.WaitGroup
	for i, m := range messages {
		out, err := outgoingOf(m, q.fifo())
		if err == nil {
			err = out.check(q.limit())
		}
		if err != nil {
			return fmt.Errorf("message %s: %w", m.UUID, err)
		}
		if q.fifo() { // one after another, or their order would be left to chance
			if err := q.send(m.Context(), out); err != nil {
				return err
			}
			continue
		}
		all.Go(func() { errs[i] = q.send(m.Context(), out) })
	}
	all.Wait()
	return errors.Join(errs...)
}

func (p *Publisher) sinkOf(topic string) (*sink, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errors.New("the publisher is closed")
	}
	if s := p.sinks[topic]; s != nil {
		return s, nil
	}
	c := p.config
	c.Queue = topic
	if err := c.checkQueue(); err != nil {
		return nil, err
	}
	s := newSink(c, pipeline.System, p.log)
	if err := s.start(context.Background()); err != nil {
		return nil, errors.Join(err, s.close())
	}
	p.sinks[topic] = s
	return s, nil
}

func outgoingOf(m *message.Message, fifo bool) (*outgoing, error) {
	out := &outgoing{body: string(m.Payload)}
	out.attributes = append(out.attributes, attribute{name: watermillAttribute[len(metaPrefix):], kind: "String", text: m.UUID})
	for name, value := range m.Metadata {
		if strings.HasPrefix(name, metaPrefix) || value == "" {
			continue
		}
		if err := awsmessage.CheckName(name); err != nil {
			return nil, fmt.Errorf("metadata %q cannot be an attribute: %w", name, err)
		}
		out.attributes = append(out.attributes, attribute{name: name, kind: "String", text: value})
	}
	if len(out.attributes) > awsmessage.MaxAttributes {
		return nil, fmt.Errorf("%d metadata values and its UUID are more than the %d attributes that SQS takes", len(m.Metadata), awsmessage.MaxAttributes)
	}
	out.group = m.Metadata.Get(metaGroup)
	if fifo {
		out.group = awsmessage.ID(cmp.Or(out.group, oneGroup))
		out.dedup = awsmessage.ID(cmp.Or(m.Metadata.Get(metaDeduplication), m.UUID))
	}
	return out, nil
}

// Close ends requests that are under way.
func (p *Publisher) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	var errs []error
	for _, s := range p.sinks {
		errs = append(errs, s.close())
	}
	p.sinks = nil
	return errors.Join(errs...)
}
