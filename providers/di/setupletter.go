package di

import (
	"fmt"
	"strings"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/setup"
)

// environments are DI's, by the AWS accounts of their topics.
var environments = map[string]string{"163369885595": "staging", "022383231344": "production"}

// topicLines names the topics, with their environments.
func topicLines(topics []string) string {
	var b strings.Builder
	for _, topic := range topics {
		arn, _ := awsapi.ParseARN(topic) // it was read before
		environment := environments[arn.Account]
		if environment == "" {
			environment = "account " + arn.Account
		}
		fmt.Fprintf(&b, "Environment: %s\nTopic:       %s\n", environment, topic)
	}
	return b.String()
}

// letter asks DI for a subscription. receiver may only be known when the steps have
// been applied.
func letter(topics []string, kind string, receiver func() string) func() string {
	return func() string {
		return `Please subscribe us to your parcel events.

` + topicLines(topics) + fmt.Sprintf("%-12s %s", kind+":", receiver()) + `
Delivery:    with the SNS envelope, not raw

The message that asks for the confirmation of the subscription is answered by us
automatically.

--

That is what to send to DI (Bring). Have the flow running by then: SNS sends the message
that asks for confirmation to where the events will come, and the flow confirms it when
it is genuine and its topic is one of those above. It is no event, and goes nowhere else.

When neither that message nor an event comes, run this again to see whether the policy
is as it should be, and ask DI to send the request for confirmation again. An endpoint in
a private network must let DI in.`
	}
}

func hostedLetter(topics []string) func() string {
	return func() string {
		return `Please host a queue for our parcel events, and send us its URL and the credentials to
read from it.

` + topicLines(topics) + `
--

That is what to send to DI (Bring), who take a fee for it and keep events for four days.
Set the flow's queue to the URL, and access_key_id and secret_access_key to the
credentials. Nothing about a queue of theirs is read or changed here.`
	}
}

// key says what the key of an encrypted queue needs. What its policy is, is not asked.
func (q *queue) key(p *setup.Plan, id string) {
	if id == "" {
		return
	}
	p.ByHand("let SNS use the queue's KMS key "+id, func() string {
		return `The queue is encrypted with the KMS key ` + id + `. SNS can send to it only if
the policy of the key has this statement. The key that AWS manages, alias/aws/sqs,
cannot have it: use a key of your own, or SSE-SQS.

{"Sid": "LeatDI", "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
 "Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": "*"}`
	})
}
