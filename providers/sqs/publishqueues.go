package sqs

import (
	"context"
	"errors"
	"fmt"

	"github.com/leat-io/leat/pipeline"
)

// opened is a queue that all who publish to it share.
type opened struct {
	done chan struct{} // closed when the queue is found, or not
	sink *sink
	err  error
}

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
