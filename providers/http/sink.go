package http

import (
	"context"

	"github.com/leat-io/leat/pipeline"
)

// NewSink returns a sink that connects when it has the first event.
func NewSink(c SinkConfig, env *pipeline.Env) (pipeline.Handler, error) {
	if err := c.checkURL(); err != nil {
		return nil, err
	}
	client := newClient(c, env.Clock)
	client.carrier = env.Carrier()
	h, closeSink := client.handler()
	env.OnClose(closeSink)
	return h, nil
}

func newSink(c SinkConfig, clock pipeline.Clock) (h pipeline.Handler, closeSink func() error) {
	return newClient(c, clock).handler()
}

func (c *client) handler() (h pipeline.Handler, closeSink func() error) {
	if c.config.Batch > 1 {
		b := newBatcher(c)
		return b.handle, b.close
	}
	return c.deliver, c.close
}

// deliver sends an event in a request of its own and returns nil after a 2xx.
func (c *client) deliver(ctx context.Context, e *pipeline.Event) error {
	body, err := e.Bytes()
	if err != nil {
		return err
	}
	header := headersOf(e)
	header.Set("Content-Type", c.contentType(body))
	if c.carrier != nil {
		c.carrier(ctx, header.Set)
	}
	return c.send(ctx, body, header)
}
