package plugins

import (
	"context"
	"sync"
)

// eventContext is the context of an event. It ends with that of its stream, or before.
// Until somebody asks it costs nothing but its memory.
type eventContext struct {
	context.Context // of the stream

	mu     sync.Mutex
	cancel context.CancelFunc // of own; nil: nobody has asked
	own    context.Context
	ended  bool
}

// use is the context for those who want to be told of the end.
func (c *eventContext) use() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.own == nil {
		c.own, c.cancel = context.WithCancel(c.Context)
		if c.ended {
			c.cancel()
		}
	}
	return c.own
}

func (c *eventContext) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	if c.cancel != nil {
		c.cancel()
	}
}

// Done implements [context.Context].
func (c *eventContext) Done() <-chan struct{} { return c.use().Done() }

// Err implements [context.Context].
func (c *eventContext) Err() error { return c.use().Err() }

// Value implements [context.Context]. What is asked of the context itself, such as by
// those made from it, is answered by the one that can be cancelled.
func (c *eventContext) Value(key any) any { return c.use().Value(key) }
