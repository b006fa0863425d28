package sns

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/internal/awsmessage"
	"github.com/leat-io/leat/internal/coalesce"
	"github.com/leat-io/leat/pipeline"
)

// topic is a topic that events go to.
type topic struct {
	sink   *sink
	arn    string
	chosen bool // by an expression
	out    *coalesce.Coalescer[*message]

	exists atomic.Bool // SNS has answered for it
	own    awsmessage.Limit
}

func newTopic(s *sink, arn string, chosen bool) *topic {
	t := &topic{sink: s, arn: arn, chosen: chosen}
	t.out = coalesce.New(coalesce.Options[*message]{
		MaxItems: maxBatch, MaxBytes: int(s.config.MaxSize), MaxRequests: s.config.MaxRequests, Wait: s.config.BatchWait,
		AfterFunc: pipeline.AfterFuncOf(s.clock),
		Send:      t.sendBatch,
	})
	return t
}

// Known reports whether SNS has answered for the topic.
func (t *topic) Known() bool { return t.exists.Load() }

// Close returns when no event is at the topic.
func (t *topic) Close() { t.out.Close() }

// check is done before the first event. A sender need not be allowed to look at the
// topic.
func (t *topic) check(ctx context.Context) error {
	err := t.learn(ctx)
	switch {
	case err == nil:
		return nil
	case awsmessage.Missing(awsapi.Code(err)):
		return fmt.Errorf("topic %s: %w", t.arn, explained(err))
	}
	t.sink.log.Warn("the topic cannot be looked at now: events wait until it can", "topic", t.arn, "error", err)
	return nil
}

// learn asks for the topic's own settings.
func (t *topic) learn(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, t.sink.config.Timeout)
	defer cancel()
	found, err := t.sink.api.attributes(limited, t.arn)
	if awsapi.Denied(err) || awsapi.Unknown(err) {
		t.sink.log.Debug("the topic's settings cannot be read", "topic", t.arn, "error", err)
		return nil
	}
	if err != nil {
		return err
	}
	if n, err := strconv.ParseInt(found["MaximumMessageSize"], 10, 64); err == nil && n > 0 {
		t.own.Set(n)
	}
	return nil
}

// admit returns nil for a message that can be sent. All errors are permanent but
// that of a topic that cannot be asked whether its own limit was raised.
func (t *topic) admit(ctx context.Context, m *message) error {
	n := m.size()
	if most := int(t.sink.config.MaxSize); n > most {
		return pipeline.Reject(fmt.Errorf("the message has %d bytes with its attributes, more than max_size, which is %d", n, most))
	}
	own, exceeded, err := t.own.Of(ctx, n, t.sink.clock.Now, t.learn)
	switch {
	case err != nil:
		return fmt.Errorf("ask how large a message of topic %s may be: %w", t.arn, err)
	case exceeded:
		return pipeline.Reject(fmt.Errorf("the message has %d bytes with its attributes, more than the MaximumMessageSize of topic %s, which is %d: raise that, up to 1MiB", n, t.arn, own))
	}
	return pipeline.Reject(m.check())
}

// explained adds to a refusal what can be done about it.
func explained(err error) error {
	switch {
	case awsmessage.Missing(awsapi.Code(err)):
		return fmt.Errorf("%w (topics are never created: create it first, or check name, account and region)", err)
	case awsapi.Denied(err):
		return fmt.Errorf("%w (check the credentials and the rights they have)", err)
	}
	return err
}

// send sends a message in a request with others and returns nil once SNS has it.
func (t *topic) send(ctx context.Context, m *message) error {
	group := ""
	if awsmessage.IsFIFO(t.arn) {
		group = m.group
	}
	err := t.out.Do(ctx, pipeline.Stopping(ctx), m, m.size(), group)
	if errors.Is(err, coalesce.ErrStopped) {
		return pipeline.ErrReturned
	}
	return err
}

// sendBatch makes a request, or several when SNS refuses it because of what is in
// it, and returns what became of each message.
func (t *topic) sendBatch(ctx context.Context, batch []*message) []error {
	errs := coalesce.Halve(batch, func(part []*message) ([]error, error) { return t.request(ctx, part) }, awsmessage.Concerns)
	for i, err := range errs {
		errs[i] = t.verdict(err)
	}
	return errs
}

func (t *topic) request(ctx context.Context, batch []*message) ([]error, error) {
	limited, cancel := context.WithTimeout(ctx, t.sink.config.Timeout)
	defer cancel()
	t.sink.counts.requests.Inc()
	errs, err := t.sink.api.publish(limited, t.arn, batch)
	if err == nil {
		t.exists.Store(true)
		return errs, nil
	}
	t.sink.counts.failed.Inc()
	if awsapi.Throttled(err) {
		t.sink.counts.throttled.Inc()
	}
	if limited.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("no answer within %s", t.sink.config.Timeout)
	}
	return nil, err
}

// verdict says what an error means for an event: it is permanent when SNS would
// refuse the same message again, or has no topic that the event chose, or lets the
// sink nowhere near it; and any other when it may take it.
func (t *topic) verdict(err error) error {
	if err == nil {
		return nil
	}
	said := fmt.Errorf("send to topic %s: %w", t.arn, explained(err))
	var entry *entryError
	var refused *awsapi.Error
	switch {
	case errors.As(err, &entry):
		if awsmessage.Permanent(entry.code, entry.message) {
			return pipeline.Reject(said)
		}
	case t.chosen && awsmessage.Missing(awsapi.Code(err)):
		t.sink.topics.chosen.Forget(t)
		return pipeline.Reject(said)
	case t.chosen && awsmessage.Closed(err) && !t.exists.Load():
		t.sink.topics.chosen.Forget(t)
		return pipeline.Reject(fmt.Errorf("topic_from gives a topic that does not exist or that the credentials give no right to: %w", said))
	case awsmessage.Concerns(err):
		return pipeline.Reject(said)
	case errors.As(err, &refused) && refused.RetryAfter > 0:
		return pipeline.RetryAfter(said, refused.RetryAfter)
	}
	return said
}
