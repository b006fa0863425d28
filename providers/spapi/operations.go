package spapi

import (
	"context"
	"net/http"
	"net/url"
)

// destination is where Amazon delivers notifications to.
type destination struct {
	ID       string   `json:"destinationId"`
	Name     string   `json:"name"`
	Resource resource `json:"resource"`
}

// resource is a queue or an event bus; exactly one of the two is set.
type resource struct {
	SQS         *queueResource       `json:"sqs,omitempty"`
	EventBridge *eventBridgeResource `json:"eventBridge,omitempty"`
}

type queueResource struct {
	ARN string `json:"arn"`
}

type eventBridgeResource struct {
	AccountID string `json:"accountId"`
	Region    string `json:"region"`
}

// is reports whether both are the same queue or bus. Amazon gives a bus a name of its
// own too, which is not compared.
func (r resource) is(other resource) bool {
	if r.SQS != nil && other.SQS != nil {
		return *r.SQS == *other.SQS
	}
	return r.EventBridge != nil && other.EventBridge != nil && *r.EventBridge == *other.EventBridge
}

func (r resource) String() string {
	switch {
	case r.SQS != nil:
		return r.SQS.ARN
	case r.EventBridge != nil:
		return "EventBridge of account " + r.EventBridge.AccountID + " in " + r.EventBridge.Region
	}
	return "nothing that is known"
}

// subscription has one type of notifications of a seller sent to a destination.
type subscription struct {
	ID             string `json:"subscriptionId"`
	PayloadVersion string `json:"payloadVersion"`
	DestinationID  string `json:"destinationId"`
}

// destinations returns all of the app.
func (c *client) destinations(ctx context.Context) (list []destination, err error) {
	err = c.do(ctx, call{operation: "getDestinations", method: http.MethodGet, path: []string{"destinations"}}, &list)
	return list, err
}

// createDestination is refused with 409 when there is one for the resource.
func (c *client) createDestination(ctx context.Context, name string, r resource) (made destination, err error) {
	err = c.do(ctx, call{
		operation: "createDestination", method: http.MethodPost, path: []string{"destinations"},
		body: map[string]any{"name": name, "resourceSpecification": r},
	}, &made)
	return made, err
}

// subscription is refused with 404 when the seller has none.
func (c *client) subscription(ctx context.Context, who bearer, w notificationType) (found subscription, err error) {
	err = c.do(ctx, call{
		operation: "getSubscription", method: http.MethodGet, path: []string{"subscriptions", w.Type},
		query: url.Values{"payloadVersion": {w.Version}}, who: who,
	}, &found)
	return found, err
}

// createSubscription is refused with 409 when the seller has one of the type.
func (c *client) createSubscription(ctx context.Context, who bearer, w notificationType, destinationID string) (made subscription, err error) {
	err = c.do(ctx, call{
		operation: "createSubscription", method: http.MethodPost, path: []string{"subscriptions", w.Type},
		body: map[string]string{"payloadVersion": w.Version, "destinationId": destinationID}, who: who,
	}, &made)
	return made, err
}

// deleteSubscription is called in the app's own name, other than those that make and
// find one. It is refused with 404 when there is none.
func (c *client) deleteSubscription(ctx context.Context, kind, id string) error {
	return c.do(ctx, call{operation: "deleteSubscriptionById", method: http.MethodDelete, path: []string{"subscriptions", kind, id}}, nil)
}

// sendTest has Amazon's sandbox send a notification to a destination.
func (c *client) sendTest(ctx context.Context, kind, destinationID string) error {
	return c.do(ctx, call{
		operation: "sendTestNotification", method: http.MethodPost, path: []string{"subscriptions", kind, "testNotification"},
		body: map[string]string{"destinationId": destinationID},
	}, nil)
}
