package sqs

import (
	"context"
	"errors"
	"fmt"
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

// opened is a queue that all who publish to it share.
type opened struct {
	done chan struct{} // closed when the queue is found, or not
	sink *sink
	err  error
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

// outgoing makes all messages before any of them is sent.
func (q *sinkQueue) outgoing(messages []*message.Message) ([]*outgoing, error) {
	all := make([]*outgoing, len(messages))
	for i, m := range messages {
		out, err := outgoingOf(m, q.fifo())
		if err == nil {
			err = q.admit(m.Context(), out)
		}
		if err != nil {
			return nil, fmt.Errorf("message %s: %w", m.UUID, err)
		}
		all[i] = out
	}
	return all, nil
}

// sendInOrder sends one after another, or their order would be left to chance.
func (q *sinkQueue) sendInOrder(messages []*message.Message, all []*outgoing) error {
	for i, out := range all {
		if err := q.send(messages[i].Context(), out); err != nil {
			return fmt.Errorf("message %s: %w", messages[i].UUID, err)
		}
	}
	return nil
}

func (q *sinkQueue) sendTogether(messages []*message.Message, all []*outgoing) error {
	errs := make([]error, len(all))
	var calls sync.WaitGroup
	for i, out := range all {
		calls.Go(func() { errs[i] = q.send(messages[i].Context(), out) })
	}
	calls.Wait()
	return errors.Join(errs...)
}

var errPublisherClosed = errors.New("the publisher is closed")

// sinkOf returns the queue once it is found, which the first who asks for it sets
// going. A caller who leaves does not take it from others.
func (p *Publisher) sinkOf(ctx context.Context, topic string) (*sink, error) {
	o, err := p.open(topic)
	if err != nil {
		return nil, err
	}
	select {
	case <-o.done:
		return o.sink, o.err
	default:
	}
	select {
	case <-o.done:
		return o.sink, o.err
	case <-ctx.Done():
		return nil, fmt.Errorf("look for queue %q: %w", topic, ctx.Err())
	}
}

func (p *Publisher) open(topic string) (*opened, error) {
	c := p.config
	c.Queue = topic
	if err := c.checkQueue(); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errPublisherClosed
	}
	o := p.opened[topic]
	if o == nil {
		o = &opened{done: make(chan struct{})}
		p.opened[topic] = o
		go p.start(o, c)
	}
	return o, nil
}

// start looks for a queue. One that was not found is looked for again by who
// publishes to it next.
func (p *Publisher) start(o *opened, c SinkConfig) {
	defer close(o.done)
	s := newSink(c, pipeline.System, p.log)
	if p.load != nil {
		s.load = p.load
	}
	err := s.start(p.running)
	if err == nil {
		o.sink = s
		return
	}
	o.err = errors.Join(err, s.close())
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.opened[c.Queue] == o {
		delete(p.opened, c.Queue)
	}
}

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
