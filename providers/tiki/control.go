package tiki

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/pipeline"
)

// Control makes queues and subscriptions. Queues belong to whom the account is: to a client
// platform with its client_id and client_secret, or to a seller with its token. A
// subscription belongs to a seller: those of a platform's queue are made with an account
// that has the token which the seller gave to the platform. None of its methods tries
// again.
type Control struct{ client *client }

// NewControl returns one for an account. Of the account's settings zero means the default.
// The caller closes it.
func NewControl(a Account) (*Control, error) {
	a = a.withDefaults()
	if err := a.Validate(); err != nil {
		return nil, err
	}
	return &Control{openClient(a, pipeline.System)}, nil
}

func (a Account) withDefaults() Account {
	d := Source.Defaults.(SourceConfig).Account
	a.BaseURL, a.TokenURL = cmp.Or(a.BaseURL, d.BaseURL), cmp.Or(a.TokenURL, d.TokenURL)
	a.Timeout, a.MaxResponse = cmp.Or(a.Timeout, d.Timeout), cmp.Or(a.MaxResponse, d.MaxResponse)
	return a
}

// Close gives connections back.
func (c *Control) Close() { c.client.close() }

// Queue is a queue of an account.
type Queue struct {
	// Code is what the source names.
	Code string `json:"code"`
	Name string `json:"name"`
	// Status is ACTIVE for one that takes events.
	Status string `json:"status"`
}

// Subscription is what brings a seller's events of a type to a queue.
type Subscription struct {
	Code      string `json:"code"`
	Active    bool   `json:"active"`
	EventType string `json:"event_type"`
	// SID is the seller.
	SID string `json:"sid"`
}

// Queues returns the queues of the account.
func (c *Control) Queues(ctx context.Context) (list []Queue, err error) {
	err = c.do(ctx, http.MethodGet, "/queues", nil, &list)
	return list, err
}

// CreateQueue makes a queue, also if there is one of that name. An account has a limited
// number of them.
func (c *Control) CreateQueue(ctx context.Context, name string) (q Queue, err error) {
	err = c.do(ctx, http.MethodPost, "/queues", map[string]any{"name": name}, &q)
	if err == nil && q.Code == "" {
		err = fmt.Errorf("%w: the queue has no code", errNotUnderstood)
	}
	return q, err
}

// Subscriptions returns those of a queue that the account can see.
func (c *Control) Subscriptions(ctx context.Context, queue string) (list []Subscription, err error) {
	if err := checkQueue(queue); err != nil {
		return nil, err
	}
	err = c.do(ctx, http.MethodGet, pathOf(queue)+"/subscriptions", nil, &list)
	return list, err
}

// CreateSubscription has events of a type come to a queue, after some minutes.
func (c *Control) CreateSubscription(ctx context.Context, queue, eventType string) (s Subscription, err error) {
	if err := checkQueue(queue); err != nil {
		return s, err
	}
	err = c.do(ctx, http.MethodPost, pathOf(queue)+"/subscriptions", map[string]any{"event_type": eventType}, &s)
	if err == nil && s.Code == "" {
		err = fmt.Errorf("%w: the subscription has no code", errNotUnderstood)
	}
	return s, err
}

// UpdateActive has a subscription act, or no longer.
func (c *Control) UpdateActive(ctx context.Context, queue, subscription string, active bool) error {
	if err := checkQueue(queue); err != nil {
		return err
	}
	path := pathOf(queue) + "/subscriptions/" + url.PathEscape(subscription) + "/updateActive"
	return c.do(ctx, http.MethodPost, path, map[string]any{"active": active}, nil)
}

// do makes a request and reads its answer into out, nil for one that says nothing of use. A page
// of somebody in between is no answer all the same.
func (c *Control) do(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = rawjson.Append(nil, in); err != nil {
			return err
		}
	}
	answer, err := c.client.call(ctx, method, path, body)
	switch {
	case err != nil:
		return explained(err)
	case out == nil && (len(answer) == 0 || json.Valid(answer)):
		return nil
	}
	if out == nil || json.Unmarshal(answer, out) != nil {
		return fmt.Errorf("%s %s%s: %w", method, c.client.base, path, errNotUnderstood)
	}
	return nil
}
