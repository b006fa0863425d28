package tiki

import (
	"context"
	"fmt"
)

// EnsureQueue returns the queue of a name, and whether it had to be made. Of several that
// have the name it is the first.
func (c *Control) EnsureQueue(ctx context.Context, name string) (q Queue, made bool, err error) {
	list, err := c.Queues(ctx)
	if err != nil {
		return Queue{}, false, err
	}
	for _, q := range list {
		if q.Name == name {
			return q, false, nil
		}
	}
	if q, err = c.CreateQueue(ctx, name); err != nil {
		return Queue{}, false, fmt.Errorf("create queue %q beside %d others: %w", name, len(list), err)
	}
	return q, true, nil
}

// EnsureSubscription has a seller's events of a type come to a queue, and returns whether
// anything had to be changed for that.
func (c *Control) EnsureSubscription(ctx context.Context, queue, eventType string) (s Subscription, changed bool, err error) {
	list, err := c.Subscriptions(ctx, queue)
	if err != nil {
		return Subscription{}, false, err
	}
	for _, s := range list {
		if s.EventType != eventType {
			continue
		}
		if s.Active {
			return s, false, nil
		}
		s.Active = true
		return s, true, c.UpdateActive(ctx, queue, s.Code, true)
	}
	s, err = c.CreateSubscription(ctx, queue, eventType)
	return s, err == nil, err
}
