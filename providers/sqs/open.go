package sqs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/pipeline"
)

// queue is a queue that has been found.
type queue struct {
	api
	caller     *awsapi.Caller
	ref        queueRef
	url        string
	visibility time.Duration // how long a message stays invisible
	ask        time.Duration // what to ask for in each receive, 0: the queue's own
}

// opener finds queues.
type opener struct {
	settings   awsapi.Settings
	protocol   string
	visibility time.Duration // 0: the queue's own
	clock      pipeline.Clock
	log        *slog.Logger
}

func newAPI(c *awsapi.Caller, protocol string, log *slog.Logger) api {
	switch protocol {
	case protocolJSON:
		return &jsonAPI{caller: c}
	case protocolQuery:
		return &queryAPI{caller: c}
	}
	return newAutoAPI(c, log)
}

// callTimeout is how long a request may take that does not wait for messages.
const callTimeout = 30 * time.Second

// open finds a queue by name, URL or ARN and asks for its settings. A queue that
// does not exist is an error; settings that may not be read are not.
func (o *opener) open(ctx context.Context, name string) (*queue, error) {
	ref, err := parseQueue(name)
	if err != nil {
		return nil, err
	}
	caller, err := o.settings.Load(ctx, ref.region, "SQS")
	if err != nil {
		return nil, err
	}
	q, err := o.find(ctx, caller, ref)
	if err != nil {
		caller.Close()
		return nil, fmt.Errorf("queue %q: %w", name, explained(err))
	}
	return q, nil
}

func (o *opener) find(ctx context.Context, c *awsapi.Caller, ref queueRef) (_ *queue, err error) {
	q := &queue{api: newAPI(c, o.protocol, o.log), caller: c, ref: ref, url: ref.url}
	if q.url == "" {
		if q.url, err = o.resolve(ctx, q.api, c, ref); err != nil {
			return nil, err
		}
	}
	q.at(q.url)
	return q, o.learn(ctx, q)
}

// resolve asks for the URL of a queue. A service behind an endpoint of its own
// that does not answer the question may be the queue itself.
func (o *opener) resolve(ctx context.Context, a api, c *awsapi.Caller, ref queueRef) (string, error) {
	var url string
	err := o.patiently(ctx, func(ctx context.Context) (err error) {
		url, err = a.resolve(ctx, ref)
		return err
	})
	if err != nil && c.Endpoint != "" && (awsapi.Unknown(err) || awsapi.Denied(err) && ref.name == "") {
		o.log.Warn("the service does not say which URL the queue has: using the endpoint", "error", err)
		return c.Endpoint, nil
	}
	return url, err
}

// learn reads the queue's settings. What a service refuses to tell is assumed.
func (o *opener) learn(ctx context.Context, q *queue) error {
	q.visibility, q.ask = o.visibility, o.visibility
	var found map[string]string
	err := o.patiently(ctx, func(ctx context.Context) (err error) {
		found, err = q.attributes(ctx)
		return err
	})
	var refused *awsapi.Error
	if err != nil && (!errors.As(err, &refused) || awsapi.BadKey(err) || missing(err)) {
		return err
	}
	if err != nil {
		o.log.Warn("the queue's settings cannot be read, so its visibility timeout is set with each receive", "queue", q.url, "error", err)
		if q.visibility == 0 {
			q.visibility, q.ask = defaultVisibility, defaultVisibility
		}
		return nil
	}
	if s, err := strconv.Atoi(found["VisibilityTimeout"]); err == nil && q.visibility == 0 {
		q.visibility = time.Duration(s) * time.Second
	}
	if q.visibility < 2*time.Second { // not told, or of no use
		q.visibility, q.ask = defaultVisibility, defaultVisibility
	}
	o.warnOfRedrive(q, found["RedrivePolicy"])
	return nil
}

// fewReceives is the number of receives below which healthy events can end in a
// dead-letter queue: each restart of a consumer costs one.
const fewReceives = 10

func (o *opener) warnOfRedrive(q *queue, policy string) {
	if rawjson.Check([]byte(policy), 8) != nil {
		return
	}
	v, ok := rawjson.NewPath("maxReceiveCount").Find([]byte(policy))
	if !ok {
		return
	}
	if n, err := strconv.Atoi(rawjson.Text(v)); err == nil && n < fewReceives {
		o.log.Warn("the queue gives up on messages after few receives, and each restart while they are held costs one: raise maxReceiveCount of its redrive policy to 10 or more", "queue", q.url, "maxReceiveCount", n)
	}
}

// patience is for how long a start waits for a service that cannot be reached.
const patience = 30 * time.Second

// patiently tries again what may succeed later.
func (o *opener) patiently(ctx context.Context, call func(context.Context) error) error {
	wait := newWait(0)
	until := o.clock.Now().Add(patience)
	for {
		within, cancel := context.WithTimeout(ctx, callTimeout)
		err := call(within)
		cancel()
		if err == nil || ctx.Err() != nil || !awsapi.Transient(err) || isProtocol(err) || !o.clock.Now().Before(until) {
			return err
		}
		o.sayOnce(wait.Failures, err)
		if !pipeline.Sleep(ctx, o.clock, waitAfter(&wait, err), nil) {
			return ctx.Err()
		}
	}
}

func (o *opener) sayOnce(failures int, err error) {
	if failures == 0 {
		o.log.Warn("SQS cannot be asked about the queue, trying again for "+patience.String(), "error", err)
		return
	}
	o.log.Debug("SQS cannot be asked about the queue", "error", err)
}

// explained adds to a refusal what can be done about it.
func explained(err error) error {
	switch {
	case missing(err):
		return fmt.Errorf("%w (queues are never created: create it first, or check name, account and region)", err)
	case awsapi.Denied(err):
		return fmt.Errorf("%w (check the credentials and the rights they have)", err)
	}
	return err
}

// missing reports whether there is no such queue.
func missing(err error) bool {
	code := awsapi.Code(err)
	return code == "NonExistentQueue" || code == "QueueDoesNotExist"
}
