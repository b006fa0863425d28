package sqs

import (
	"errors"
	"time"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// SourceConfig are the settings of the sqs source.
//
// A message is one event: its body is the payload, its MessageId the id, all its
// attributes, the system's and the sender's, are metadata called sqs.<name>
// (binary ones in base64). A message that the sqs sink has sent keeps the id, key,
// time, type and marks that its leat attribute carries; one that Watermill's SQS
// publisher has sent keeps its UUID as its id. A message without a MessageId gets
// the hash of its body as its id.
//
// Messages are deleted once they are settled, in batches. Those that the flow
// works on or holds for long are kept invisible to others; they do not come again
// as long as the process lives, so that waiting costs no receive of a redrive
// policy. When the flow stops, what it holds is made visible at once, in the order
// of event times. A message that the flow hands back for another reason becomes
// visible after return_after.
//
// Queues are never created. The rights needed are sqs:ReceiveMessage and
// sqs:DeleteMessage; sqs:GetQueueUrl when the queue is given by name or ARN;
// sqs:ChangeMessageVisibility for holding messages longer than the queue's
// visibility timeout and for handing them back early; sqs:GetQueueAttributes to
// learn that timeout; kms:Decrypt for the key of an encrypted queue. Without the
// rights to change or to learn about visibility, the source works with what it may
// do and says what it cannot.
type SourceConfig struct {
	// Queue is the queue's name, URL or ARN. An empty name is allowed: some
	// services have just one queue.
	Queue string `yaml:"queue,required,short"`

	awsapi.Settings `yaml:",inline"`

	// Protocol is what is spoken: json (AWS JSON 1.0), query (the older one of forms and
	// XML), or auto: json until an answer shows that the service does not speak it.
	Protocol string `yaml:"protocol" values:"auto json query"`
	// Wait is how long a request waits for messages, at most 20s. 0s: it is
	// answered at once, and an empty queue is asked once a second.
	Wait time.Duration `yaml:"wait"`
	// VisibilityTimeout is how long a message stays invisible to others after it
	// was received, unless that is extended: so long it takes until messages of a
	// process that was killed come again. 0s: the queue's own setting.
	VisibilityTimeout time.Duration `yaml:"visibility_timeout"`
	// Extend says whether the visibility timeout of messages that take longer is
	// extended. Without it a flow can hold nothing for longer than that.
	Extend bool `yaml:"extend"`
	// MaxInFlight is how many messages may be received and not yet deleted. SQS
	// itself allows about 120,000.
	MaxInFlight int `yaml:"max_in_flight"`
	// MaxPollers is how many requests for messages may be under way at the same
	// time. There are as many as the backlog needs, one for a queue that is empty.
	MaxPollers int `yaml:"max_pollers"`
	// ReturnAfter is after what time a message that the flow handed back comes
	// again: the first of the two after its first receive, twice as long after
	// each further one, up to the second.
	ReturnAfter conf.Range `yaml:"return_after"`
	// Retention is how long the queue keeps messages, as its MessageRetentionPeriod
	// says. It changes nothing in the queue: check compares it with how long dedupe
	// remembers events.
	Retention time.Duration `yaml:"retention"`
}

const (
	protocolAuto  = "auto"
	protocolJSON  = "json"
	protocolQuery = "query"

	maxWait = 20 * time.Second
	// maxVisibility is how long SQS leaves a message with one receiver, counted
	// from when it was received.
	maxVisibility = 12 * time.Hour
)

// Validate checks what the types of the settings do not.
func (c SourceConfig) Validate() error {
	errs := []error{c.Settings.Validate(), conf.CheckValues(c), checkQueue(c.Queue)}
	need := func(ok bool, field, message string) {
		if !ok {
			errs = append(errs, pipeline.FieldError(field, "%s", message))
		}
	}
	need(c.Wait >= 0 && c.Wait <= maxWait, "wait", "want 0s to 20s")
	need(c.VisibilityTimeout >= 0 && c.VisibilityTimeout <= maxVisibility, "visibility_timeout", "want 0s to 12h")
	need(c.VisibilityTimeout == 0 || c.VisibilityTimeout >= 2*time.Second, "visibility_timeout", "must be at least 2s")
	need(c.MaxInFlight >= 1, "max_in_flight", "must be at least 1")
	need(c.MaxPollers >= 1 && c.MaxPollers <= 256, "max_pollers", "want 1 to 256")
	need(c.ReturnAfter.Max <= maxVisibility, "return_after", "must not be longer than 12h")
	need(c.Retention >= 0, "retention", "must not be negative; 0s: not known")
	return errors.Join(errs...)
}

func checkQueue(queue string) error {
	if _, err := parseQueue(queue); err != nil {
		return pipeline.FieldError("queue", "%w", err)
	}
	return nil
}

// hold is how long a message can be left unacknowledged.
func (c SourceConfig) hold() time.Duration {
	switch {
	case c.Extend:
		return pipeline.Forever
	case c.VisibilityTimeout > 0:
		return c.VisibilityTimeout
	}
	return defaultVisibility
}

// defaultVisibility is SQS's own default.
const defaultVisibility = 30 * time.Second
