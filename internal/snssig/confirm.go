package snssig

import (
	"context"
	"crypto/sha256"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Confirmer confirms subscriptions. It starts nothing before it is asked; Close
// ends it.
type Confirmer struct {
	verifier *Verifier
	options  Options
	reach    *reach
	flights  *flights

	mu     sync.Mutex
	closed bool
	done   *recent[string] // ARNs of subscriptions
	flying map[string]*flight[string]
	budget budget
}

// maxDone is how many confirmations are remembered, lest a copy of the message
// confirms again.
const maxDone = 256

// NewConfirmer makes a confirmer for what v verifies.
func NewConfirmer(v *Verifier, o Options) *Confirmer {
	o = o.withDefaults()
	return &Confirmer{
		verifier: v, options: o, reach: newReach(o), flights: newFlights(),
		done: newRecent[string](maxDone), flying: map[string]*flight[string]{},
	}
}

// Close ends the requests under way and waits for that.
func (c *Confirmer) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.flights.close()
}

// Confirm verifies the envelope as [Verifier.Verify] does and, if it is a
// genuine SubscriptionConfirmation, visits its SubscribeURL, which must do
// nothing but confirm the envelope's own topic with its own token. The same
// token is used once: who asks while that is under way, or later, gets the same
// answer. An UnsubscribeConfirmation is refused: what its URL does is to
// subscribe again.
//
// It returns the ARN of the subscription, "" if SNS did not tell it. The error
// is an *[Error]; after one that is not permanent it has to be tried again, and
// visiting the URL twice does no harm.
func (c *Confirmer) Confirm(ctx context.Context, e *Envelope, at time.Time) (string, error) {
	if e.Type() != SubscriptionConfirmation {
		return "", refuse("its Type is not %s", SubscriptionConfirmation)
	}
	if err := c.verifier.Verify(ctx, e, at); err != nil {
		return "", err
	}
	t, err := parseTopic(e.Text("TopicArn"))
	if err != nil {
		return "", err
	}
	token := e.Text("Token")
	p, err := t.subscribePlace(e.Text("SubscribeURL"), token)
	if err != nil {
		return "", err
	}
	return c.visit(ctx, &t, token, p)
}

func (c *Confirmer) visit(ctx context.Context, t *topic, token string, p place) (string, error) {
	digest := sha256.Sum256([]byte(token))
	key := t.arn + "\n" + string(digest[:])
	c.mu.Lock()
	if arn, ok := c.done.get(key); ok {
		c.mu.Unlock()
		return arn, nil
	}
	fl, err := c.ask(key, t, p)
	c.mu.Unlock()
	if err != nil {
		return "", err
	}
	c.options.Waiting(ctx)
	return fl.wait(ctx)
}

// ask returns the visit under way, or begins one. The caller holds mu.
func (c *Confirmer) ask(key string, t *topic, p place) (*flight[string], error) {
	if fl := c.flying[key]; fl != nil {
		return fl, nil
	}
	if c.closed {
		return nil, later(nil, 0, "the subscription was not confirmed: shutting down")
	}
	if wait := c.budget.take(c.options.Now()); wait > 0 {
		return nil, later(nil, wait, "the subscription was not confirmed yet: there are too many others")
	}
	arn := t.arn
	fl := start(c.flights, func(ctx context.Context, result *flight[string]) {
		subscription, err := c.confirm(ctx, arn, p)
		c.settle(key, subscription, err, result)
	})
	c.flying[key] = fl
	return fl, nil
}

func (c *Confirmer) settle(key, subscription string, err *Error, result *flight[string]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.flying, key)
	if err != nil {
		result.err = err
		return
	}
	c.done.set(key, subscription)
	result.value = subscription
}

// confirm makes the request and reads the answer. SNS answers 400 when it is
// asked too often.
func (c *Confirmer) confirm(ctx context.Context, arn string, p place) (string, *Error) {
	status, body, err := c.reach.get(ctx, p)
	code := inside(errorCode, body)
	switch {
	case err != nil:
		return "", later(err, 0, "the subscription cannot be confirmed at %s", p.host)
	case mayPass(status) || strings.HasPrefix(code, "Throttl"):
		return "", later(nil, 0, "the subscription cannot be confirmed: %s answered with status %d", p.host, status)
	case status != http.StatusOK:
		return "", refuse("the subscription is not confirmed: %s answered with status %d %s", p.host, status, code)
	}
	if subscription := inside(subscriptionARN, body); strings.HasPrefix(subscription, arn+":") {
		return subscription, nil
	}
	return "", nil
}

var (
	subscriptionARN = regexp.MustCompile(`<SubscriptionArn>([A-Za-z0-9:._-]+)</SubscriptionArn>`)
	errorCode       = regexp.MustCompile(`<Code>([A-Za-z]{1,64})</Code>`)
)

// longestInside is how long the text is that may stand in an answer. A pattern that counts so
// far takes the program 11 ms longer to start.
const longestInside = 512

func inside(pattern *regexp.Regexp, body []byte) string {
	if m := pattern.FindSubmatch(body); m != nil && len(m[1]) <= longestInside {
		return string(m[1])
	}
	return ""
}
