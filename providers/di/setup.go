package di

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/internal/queuepolicy"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/sqs"
	"github.com/leat-io/leat/setup"
)

// Setup lets DI's topic send to the queue of a flow from di, and says what to ask DI for.
var Setup = setup.Define("di", SetupConfig{}, plan)

// SetupConfig are the settings of `setup:` in a flow from di.
//
// `leat setup FLOW --apply` adds to the policy of the flow's queue that the topics of
// its environment may send to it; statements of others stay as they are. DI subscribes
// the queue when somebody asks for it: the text to send is printed. The subscription
// is confirmed by the flow, when it runs.
//
// The rights needed on the queue are sqs:GetQueueUrl, sqs:GetQueueAttributes and
// sqs:SetQueueAttributes; for create_queue also sqs:CreateQueue.
type SetupConfig struct {
	// CreateQueue makes the queue if there is none, in the account of the credentials and
	// with SQS's own settings. The flow has to name it without account and URL.
	CreateQueue bool `yaml:"create_queue"`
	// Hosted says that DI hosts the queue: nothing about it is read or changed.
	Hosted bool `yaml:"hosted"`
	// URL is where SNS reaches a flow that listens, as https://host/path.
	URL string `yaml:"url"`
}

// Validate checks what the types of the settings do not.
func (c SetupConfig) Validate() error {
	if c.CreateQueue && c.Hosted {
		return pipeline.FieldError("create_queue", "a queue that DI hosts is made by DI: keep one of create_queue and hosted")
	}
	u, err := url.Parse(c.URL)
	if c.URL != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		return pipeline.FieldError("url", "want an https or http URL such as https://events.example.com/parcels")
	}
	return nil
}

func plan(ctx context.Context, c SetupConfig, env *setup.Env) (*setup.Plan, error) {
	topics, err := topicsOf(env)
	if err != nil {
		return nil, err
	}
	p := &setup.Plan{}
	source, ok := env.Source.(sqs.SourceConfig)
	switch {
	case !ok && c.URL == "":
		return nil, errors.New("the flow listens for DI over HTTP: set url to the URL where SNS reaches it, to be told to DI")
	case !ok:
		p.ByHand("ask DI to subscribe the endpoint", letter(topics, "Endpoint", func() string { return withoutUser(c.URL) }))
	case c.Hosted:
		p.ByHand("ask DI for the queue", hostedLetter(topics))
	default:
		q := &queue{topics: topics}
		if err := q.plan(ctx, p, c, source, env); err != nil {
			return nil, err
		}
		p.ByHand("ask DI to subscribe the queue", letter(topics, "Queue", q.name))
	}
	return p, nil
}

// withoutUser leaves out the user and password that an endpoint's URL may hold.
func withoutUser(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	if u.User != nil {
		return u.Redacted() + " (with the password, by another way)"
	}
	return address
}

// topicsOf are the topics of the flow's environment.
func topicsOf(env *setup.Env) ([]string, error) {
	topics := env.Parameters["environment"]
	for _, topic := range topics {
		arn, ok := awsapi.ParseARN(topic)
		if !ok || arn.Service != "sns" || strings.Contains(topic, "*") {
			return nil, fmt.Errorf("environment: %q is not the ARN of one topic, without *: who may send to the queue has to be said exactly", topic)
		}
	}
	if len(topics) == 0 {
		return nil, errors.New("environment: no topic is named: want production, staging, or a list of ARNs")
	}
	return topics, nil
}

// queue is one that the topics are to send to.
type queue struct {
	topics []string
	arn    string // "" until it is known
	asked  string // as the flow names it
}

// name is the queue's for DI. That of one that is yet to be made is not known.
func (q *queue) name() string {
	if q.arn == "" {
		return "(the ARN of " + q.asked + ", which is known once the queue is made)"
	}
	return q.arn
}

func (q *queue) plan(ctx context.Context, p *setup.Plan, c SetupConfig, source sqs.SourceConfig, env *setup.Env) error {
	q.asked = source.Queue
	m, err := sqs.Manage(ctx, source, env.Clock, env.Log)
	if err != nil {
		return err
	}
	defer m.Close()
	if m.FIFO() {
		return q.refused()
	}
	settings, found, err := m.Attributes(ctx)
	switch {
	case err != nil:
		return err
	case settings["FifoQueue"] == "true":
		return q.refused()
	case found:
		q.arn = settings["QueueArn"]
		p.Keep("queue "+m.Name(), q.arn)
	case c.CreateQueue && !m.Creatable():
		return fmt.Errorf("queue %q: there is no such queue, or these credentials may not see it: create_queue makes one only in their own account, which need not be the one named: create it there first, as a standard queue, or name it in the flow without account and URL", q.asked)
	case !c.CreateQueue:
		return fmt.Errorf("queue %q: there is no such queue: create it first, as a standard queue, or have it made by create_queue: true", q.asked)
	default:
		p.Add(setup.Step{Action: setup.Create, What: "queue " + m.Name(), Apply: func(ctx context.Context) (string, error) {
			defer m.Close()
			return "", m.Create(ctx)
		}, Needed: true})
	}
	if err := m.Allow(p, settings, "DI's topic", q.statements); err != nil {
		return err
	}
	q.key(p, settings["KmsMasterKeyId"])
	return nil
}

func (q *queue) refused() error {
	return fmt.Errorf("queue %q is a FIFO queue: DI's topic sends to standard queues only", q.asked)
}

// statements let the topics send to the queue.
func (q *queue) statements(arn string) (list []queuepolicy.Statement) {
	q.arn = arn
	for _, topic := range q.topics {
		list = append(list, queuepolicy.Statement{
			Sid: "LeatDI", Principal: "*", Actions: []string{"SQS:SendMessage"}, Resource: arn, SourceARN: topic,
		})
	}
	return list
}
