package spapi

import (
	"context"
	"errors"
	"fmt"

	"github.com/leat-io/leat/internal/queuepolicy"
	"github.com/leat-io/leat/providers/sqs"
)

// amazon is who sends the notifications.
const amazon = "arn:aws:iam::437568002678:root"

// statement lets Amazon send to the queue.
func statement(arn string) []queuepolicy.Statement {
	return []queuepolicy.Statement{{
		Sid: "LeatSPAPI", Principal: amazon, Actions: []string{"sqs:SendMessage", "sqs:GetQueueAttributes"}, Resource: arn,
	}}
}

// queue plans what the queue needs, and returns its ARN.
func (p *planner) queue(ctx context.Context, source sqs.SourceConfig) (arn string, err error) {
	q, err := sqs.Manage(ctx, source, p.env.Clock, p.env.Log)
	if err != nil {
		return "", err
	}
	defer q.Close()
	settings, found, err := q.Attributes(ctx)
	switch {
	case err != nil:
		return "", err
	case !found:
		return "", fmt.Errorf("queue %q: there is no such queue: create it first, as a standard queue", source.Queue)
	case q.FIFO() || settings["FifoQueue"] == "true":
		return "", fmt.Errorf("queue %q is a FIFO queue: Amazon sends notifications to standard queues only", source.Queue)
	case settings["QueueArn"] == "":
		return "", errors.New("GetQueueAttributes: the answer holds no QueueArn")
	}
	p.plan.Keep("queue "+q.Name(), settings["QueueArn"])
	if err := q.Allow(p.plan, settings, "Amazon", statement); err != nil {
		return "", err
	}
	p.key(settings["KmsMasterKeyId"])
	return settings["QueueArn"], nil
}

// key says what the key of an encrypted queue needs. What its policy is, is not asked.
func (p *planner) key(id string) {
	if id == "" {
		return
	}
	p.plan.ByHand("let Amazon use the queue's KMS key "+id, func() string {
		return `The queue is encrypted with the KMS key ` + id + `. Amazon can send to it only
if the policy of the key has this statement. The key that AWS manages,
alias/aws/sqs, cannot have it: use a key of your own, or SSE-SQS.

{"Sid": "LeatSPAPI", "Effect": "Allow", "Principal": {"AWS": "` + amazon + `"},
 "Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": "*"}`
	})
}

// eventBus says what is to be done in the account of the bus.
func (p *planner) eventBus() {
	p.plan.ByHand("associate the event source in EventBridge", func() string {
		return `Once the destination is there, EventBridge shows a partner event source of Amazon
in account ` + p.config.EventBridge.AccountID + `, region ` + p.config.EventBridge.Region + `. Associate it with an event bus, then make a
rule on that bus whose target is the queue that the flow reads, and let EventBridge
send to the queue. An event source that nobody associates is deleted after some time.`
	})
}
