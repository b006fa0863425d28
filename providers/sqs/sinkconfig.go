package sqs

import (
	"errors"
	"time"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/internal/awsmessage"
	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// SinkConfig are the settings of the sqs sink.
//
// The body of a message is the payload of one event, byte for byte. It has to be
// text: an event whose payload is empty, is not UTF-8 or has characters that SQS
// does not take is a dead letter, as is one that is too large. What the event is
// stands in the attribute leat (see label), so that the sqs source of another flow
// goes on with the same event.
//
// Events that are sent at the same time share requests. Each is delivered once SQS
// has answered that it has that very message; one that SQS refuses because of what
// is in it is a dead letter, and all others are tried again: after a lost answer,
// throttling, missing rights or a queue that is gone. After a lost answer a message
// may be in a standard queue twice; a FIFO queue takes it for the copy that it is,
// within five minutes.
//
// Messages of one group enter a FIFO queue in the order in which their events got
// to the sink. An event that has to be tried again comes after those of its group
// that were sent meanwhile, unless a reorder stage lets the events of a key through
// one at a time.
//
// Queues are never created. The rights needed are sqs:SendMessage, sqs:GetQueueUrl
// when the queue is given by name or ARN, and kms:GenerateDataKey and kms:Decrypt
// for the key of an encrypted queue. With sqs:GetQueueAttributes the queue is looked
// at before the first event.
type SinkConfig struct {
	// Queue is the queue's name, URL or ARN.
	Queue string `yaml:"queue,short"`
	// QueueFrom is an expression for the name of the queue of each event, as in
	// body.country + "-orders". It gives a name only, no URL or ARN; the queue is
	// looked for in the account of queue when that is an ARN, and else in that of
	// the credentials. An event for which it gives nothing goes to queue; without
	// one, and when there is no queue of that name, it is a dead letter. So it is
	// when the credentials give no right to look for that queue, which AWS says of
	// some that do not exist too: give them sqs:GetQueueUrl for all names it gives.
	QueueFrom pipeline.Expr `yaml:"queue_from"`
	// MaxQueues is how many different queues queue_from may give; events for
	// others are dead letters. Names for which no queue was found do not count for
	// longer than events wait for one.
	MaxQueues int `yaml:"max_queues"`

	awsapi.Settings `yaml:",inline"`

	// Protocol is what is spoken: json (AWS JSON 1.0), query (the older one of forms and
	// XML), or auto: json until an answer shows that the service does not speak it.
	Protocol string `yaml:"protocol" values:"auto json query"`
	// Group is an expression for the message group. Empty: in a FIFO queue the
	// event's key, and for one that has none its id, so that it waits for no other;
	// in a standard queue none. What SQS does not take as a group is hashed.
	Group pipeline.Expr `yaml:"group"`
	// Deduplication is an expression for what makes two messages of a FIFO queue
	// copies of each other, of which SQS keeps the first for five minutes. Empty:
	// the event's id; an event that has none is a dead letter. What SQS does not
	// take is hashed.
	Deduplication pipeline.Expr `yaml:"deduplication"`
	// Attributes are further attributes of the message, as name: expression. All
	// are strings; one that is null or empty for an event is left out.
	Attributes map[string]pipeline.Expr `yaml:"attributes"`
	// Label says whether the message has an attribute leat, a JSON object with the
	// event's id, key, time, type and marks. Some services that imitate SQS know no
	// attributes, or refuse batches that have any. Where flows are traced there are
	// also traceparent and tracestate, as far as there is room for them: not with label:
	// false and without attributes.
	Label bool `yaml:"label"`
	// MaxSize is how large a message, and all messages of a request together, may
	// be. Queues that were made before August 2025, and other services, may take
	// only 256KiB: where the queue's own MaximumMessageSize can be read and is less,
	// that counts. A larger message has it read again, once a minute at most.
	MaxSize pipeline.Size `yaml:"max_size"`
	// BatchWait is how long an event waits for others to share its request while
	// another one is under way, unless ten are there earlier. An event that finds
	// nothing under way is sent at once.
	BatchWait time.Duration `yaml:"batch_wait"`
	// MaxRequests is how many requests to a queue are under way at the same time.
	MaxRequests int `yaml:"max_requests"`
	// Timeout is how long one request may take.
	Timeout time.Duration `yaml:"timeout"`
}

const (
	// maxMessage is the limit of SQS since August 2025, for a message and for a
	// request.
	maxMessage     = 1 << 20
	leastMaxSize   = 1 << 10
	maxQueueName   = 80
	mostQueues     = 10_000
	mostRequests   = 256
	longestTimeout = 10 * time.Minute
)

// Validate checks what the types of the settings do not.
func (c SinkConfig) Validate() error {
	errs := []error{c.Settings.Validate(), conf.CheckValues(c), c.checkQueue()}
	need := func(ok bool, field, message string) {
		if !ok {
			errs = append(errs, pipeline.FieldError(field, "%s", message))
		}
	}
	need(c.MaxQueues >= 1 && c.MaxQueues <= mostQueues, "max_queues", "want 1 to 10000")
	need(c.MaxSize >= leastMaxSize && c.MaxSize <= maxMessage, "max_size", "want 1KiB to 1MiB")
	need(c.BatchWait >= 0 && c.BatchWait <= time.Minute, "batch_wait", "want 0s to 1m")
	need(c.MaxRequests >= 1 && c.MaxRequests <= mostRequests, "max_requests", "want 1 to 256")
	need(c.Timeout > 0 && c.Timeout <= longestTimeout, "timeout", "must be longer than 0s, and not longer than 10m")
	need(c.Deduplication.IsZero() || !c.QueueFrom.IsZero() || c.ref().fifo(), "deduplication", "needs a FIFO queue, whose name ends with .fifo")
	return errors.Join(append(errs, c.checkAttributes()...)...)
}

func (c SinkConfig) checkQueue() error {
	if c.Queue == "" && c.QueueFrom.IsZero() {
		return pipeline.FieldError("queue", "is required: the queue's name, URL or ARN, or queue_from instead")
	}
	return checkQueue(c.Queue)
}

func (c SinkConfig) checkAttributes() (errs []error) {
	for _, err := range awsmessage.CheckAttributes(c.Attributes, func(x pipeline.Expr) bool { return x.IsZero() }, c.Label, "SQS") {
		errs = append(errs, pipeline.FieldError("attributes", "%w", err))
	}
	return errs
}

// ref is the queue of the settings. Validate has seen that it can be read.
func (c SinkConfig) ref() queueRef {
	ref, _ := parseQueue(c.Queue)
	return ref
}
