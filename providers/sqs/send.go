package sqs

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/internal/awsmessage"
	"github.com/leat-io/leat/internal/coalesce"
	"github.com/leat-io/leat/pipeline"
)

// admit returns nil for a message that can be sent. All errors are permanent but
// that of a queue that cannot be asked whether its own limit was raised.
func (q *sinkQueue) admit(ctx context.Context, m *outgoing) error {
	n := m.size()
	if most := int(q.sink.config.MaxSize); n > most {
		return pipeline.Reject(fmt.Errorf("the message has %d bytes with its attributes, more than max_size, which is %d", n, most))
	}
	own, exceeded, err := q.own.Of(ctx, n, q.sink.clock.Now, q.ask)
	switch {
	case err != nil:
		return fmt.Errorf("ask how large a message of queue %s may be: %w", q.name, err)
	case exceeded:
		return pipeline.Reject(fmt.Errorf("the message has %d bytes with its attributes, more than the MaximumMessageSize of queue %s, which is %d: raise that, up to 1MiB", n, q.name, own))
	}
	return pipeline.Reject(m.check())
}

// send sends a message in a request with others and returns nil once SQS has it.
func (q *sinkQueue) send(ctx context.Context, m *outgoing) error {
	group := ""
	if q.fifo() {
		group = m.group
	}
	err := q.out.Do(ctx, pipeline.Stopping(ctx), m, m.size(), group)
	if errors.Is(err, coalesce.ErrStopped) {
		return pipeline.ErrReturned
	}
	return err
}

// sendBatch makes a request, or several when SQS refuses it because of what is in
// it, and returns what became of each message.
func (q *sinkQueue) sendBatch(ctx context.Context, batch []*outgoing) []error {
	found, err := q.ready(ctx)
	if err != nil {
		return slices.Repeat([]error{err}, len(batch))
	}
	errs := coalesce.Halve(batch, func(part []*outgoing) ([]error, error) { return q.request(ctx, found, part) }, awsmessage.Concerns)
	for i, err := range errs {
		errs[i] = q.verdict(err)
	}
	return errs
}

func (q *sinkQueue) request(ctx context.Context, to api, batch []*outgoing) ([]error, error) {
	limited, cancel := context.WithTimeout(ctx, q.sink.config.Timeout)
	defer cancel()
	q.sink.counts.requests.Inc()
	failed, err := to.send(limited, batch)
	if err != nil {
		q.count(err)
		if limited.Err() != nil && ctx.Err() == nil {
			err = fmt.Errorf("no answer within %s", q.sink.config.Timeout)
		}
		return nil, err
	}
	if len(failed) == 0 {
		return nil, nil
	}
	errs := make([]error, len(batch))
	for i, why := range failed {
		errs[i] = why
	}
	return errs, nil
}

func (q *sinkQueue) count(err error) {
	q.sink.counts.failed.Inc()
	if awsapi.Throttled(err) {
		q.sink.counts.throttled.Inc()
	}
}

// verdict says what an error means for an event: it is permanent when SQS would
// refuse the same message again, and any other when it may take it.
func (q *sinkQueue) verdict(err error) error {
	if err == nil {
		return nil
	}
	said := fmt.Errorf("send to queue %s: %w", q.name, explained(err))
	var entry *entryError
	var refused *awsapi.Error
	switch {
	case errors.As(err, &entry):
		if awsmessage.Permanent(entry.code, entry.message) {
			return pipeline.Reject(said)
		}
	case awsmessage.Concerns(err):
		return pipeline.Reject(said)
	case q.chosen && awsmessage.Missing(awsapi.Code(err)):
		q.sink.queues.chosen.Forget(q) // the next attempt looks for it again
	case errors.As(err, &refused) && refused.RetryAfter > 0:
		return pipeline.RetryAfter(said, refused.RetryAfter)
	}
	return said
}
