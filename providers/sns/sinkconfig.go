package sns

import (
	"errors"
	"time"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/internal/awsmessage"
	"github.com/leat-io/leat/pipeline"
)

// SinkConfig are the settings of the sns sink.
//
// The message is the payload of one event, byte for byte. It has to be text: an
// event whose payload is empty, is not UTF-8 or has characters that AWS does not
// take is a dead letter, as is one that is too large. What the event is stands in
// the attribute leat (see label): an sqs source behind a subscription with raw
// message delivery goes on with the same event.
//
// Events that are sent at the same time share requests. Each is delivered once SNS
// has answered that it has that very message; one that SNS refuses because of what
// is in it is a dead letter, and all others are tried again: after a lost answer,
// throttling, missing rights or a topic that is gone. After a lost answer a standard
// topic may send a message twice; a FIFO topic takes it for the copy that it is,
// within five minutes.
//
// Messages of one group enter a FIFO topic in the order in which their events got
// to the sink. An event that has to be tried again comes after those of its group
// that were sent meanwhile, unless a reorder stage lets the events of a key through
// one at a time.
//
// Topics are never created. The rights needed are sns:Publish, and
// kms:GenerateDataKey and kms:Decrypt for the key of an encrypted topic. With
// sns:GetTopicAttributes the topic is looked at before the first event.
type SinkConfig struct {
	// Topic is the topic's ARN.
	Topic string `yaml:"topic,required,short"`
	// TopicFrom is an expression for the name of the topic of each event, as in
	// body.country + "-orders": a topic beside that of topic, of the same account
	// and region. An event for which it gives nothing goes to topic; one for which
	// there is no topic of that name is a dead letter. So is one of a topic that
	// never got any, when the credentials give no right to it, which AWS says of
	// some that do not exist too: give them sns:Publish for all names it gives.
	TopicFrom pipeline.Expr `yaml:"topic_from"`
	// MaxTopics is how many different topics topic_from may give; events for
	// others are dead letters. Names of topics that never got an event do not count
	// for longer than events wait for them.
	MaxTopics int `yaml:"max_topics"`

	awsapi.Settings `yaml:",inline"`

	// Subject is an expression for the subject that e-mail subscribers see. It is
	// cut after 99 characters, and line breaks and other control characters in it
	// become spaces. Nothing or null: none.
	Subject pipeline.Expr `yaml:"subject"`
	// Group is an expression for the message group. Empty: in a FIFO topic the
	// event's key, and for one that has none its id, so that it waits for no other;
	// in a standard topic none. What SNS does not take as a group is hashed.
	Group pipeline.Expr `yaml:"group"`
	// Deduplication is an expression for what makes two messages of a FIFO topic
	// copies of each other, of which SNS keeps the first for five minutes. Empty:
	// the event's id; an event that has none is a dead letter. What SNS does not
	// take is hashed.
	Deduplication pipeline.Expr `yaml:"deduplication"`
	// Attributes are further attributes of the message, which the filters of
	// subscriptions see, as name: expression. All are strings; one that is null or
	// empty for an event is left out.
	Attributes map[string]pipeline.Expr `yaml:"attributes"`
	// Label says whether the message has an attribute leat, a JSON object with the
	// event's id, key, time, type and marks. Where flows are traced there are also
	// traceparent and tracestate, as far as there is room for them: not with label: false
	// and without attributes.
	Label bool `yaml:"label"`
	// MaxSize is how large a message, and all messages of a request together, may
	// be: that of SNS, unless the topic's MaximumMessageSize is set to more, up to
	// 1MiB. Where that can be read and is less, it counts; a larger message has it
	// read again, once a minute at most.
	MaxSize pipeline.Size `yaml:"max_size"`
	// BatchWait is how long an event waits for others to share its request while
	// another one is under way, unless ten are there earlier. An event that finds
	// nothing under way is sent at once.
	BatchWait time.Duration `yaml:"batch_wait"`
	// MaxRequests is how many requests to a topic are under way at the same time.
	MaxRequests int `yaml:"max_requests"`
	// Timeout is how long one request may take.
	Timeout time.Duration `yaml:"timeout"`
}

const (
	maxBatch     = 10 // messages that SNS takes in one request
	maxTopicName = 256
)

// Validate checks what the types of the settings do not.
func (c SinkConfig) Validate() error {
	errs := []error{c.Settings.Validate()}
	need := func(ok bool, field, message string) {
		if !ok {
			errs = append(errs, pipeline.FieldError(field, "%s", message))
		}
	}
	need(isTopic(c.Topic), "topic", `want the ARN of a topic, such as "arn:aws:sns:eu-west-1:123456789012:orders"`)
	need(c.MaxTopics >= 1 && c.MaxTopics <= 10_000, "max_topics", "want 1 to 10000")
	need(c.MaxSize >= 1<<10 && c.MaxSize <= 1<<20, "max_size", "want 1KiB to 1MiB")
	need(c.BatchWait >= 0 && c.BatchWait <= time.Minute, "batch_wait", "want 0s to 1m")
	need(c.MaxRequests >= 1 && c.MaxRequests <= 256, "max_requests", "want 1 to 256")
	need(c.Timeout > 0 && c.Timeout <= 10*time.Minute, "timeout", "must be longer than 0s, and not longer than 10m")
	need(c.Deduplication.IsZero() || !c.TopicFrom.IsZero() || awsmessage.IsFIFO(c.Topic), "deduplication", "needs a FIFO topic, whose name ends with .fifo")
	return errors.Join(append(errs, c.checkAttributes()...)...)
}

func (c SinkConfig) checkAttributes() (errs []error) {
	for _, err := range awsmessage.CheckAttributes(c.Attributes, func(x pipeline.Expr) bool { return x.IsZero() }, c.Label, "a queue behind the topic") {
		errs = append(errs, pipeline.FieldError("attributes", "%w", err))
	}
	return errs
}

// arn is the topic of the settings. Validate has seen that it is one.
func (c SinkConfig) arn() awsapi.ARN {
	a, _ := awsapi.ParseARN(c.Topic)
	return a
}

func isTopic(arn string) bool {
	a, ok := awsapi.ParseARN(arn)
	return ok && a.Service == "sns" && a.Region != "" && awsmessage.IsName(a.Resource, maxTopicName)
}
