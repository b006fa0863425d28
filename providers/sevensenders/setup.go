package sevensenders

import (
	"context"
	"errors"
	"strings"

	"github.com/leat-io/leat/providers/sqs"
	"github.com/leat-io/leat/setup"
)

// Setup tries credentials and endpoint of a flow from sevensenders, and says what to
// ask Seven Senders for.
var Setup = setup.Define("sevensenders", SetupConfig{}, plan)

// SetupConfig are the settings of `setup:` in a flow from sevensenders; there are none.
//
// Seven Senders make the queue and turn it on and off themselves, when their account
// manager is asked: nothing is made here. `leat setup FLOW` asks for the queue's URL,
// and with --apply for one message, which stays visible if the service heeds the
// visibility timeout of 0 that it is asked for with. Nothing is deleted.
type SetupConfig struct{}

func plan(ctx context.Context, _ SetupConfig, env *setup.Env) (*setup.Plan, error) {
	source, ok := env.Source.(sqs.SourceConfig)
	if !ok {
		return nil, errors.New("the flow does not read from an SQS queue, which is all that Seven Senders offer")
	}
	p := &setup.Plan{}
	if err := probe(ctx, p, source, env); err != nil {
		// The key is the only credential, and services repeat what they refuse.
		p.Trouble("queue of Seven Senders", hide(err, source.AccessKeyID))
	}
	p.ByHand("ask Seven Senders to turn the queue on", letter(source.Endpoint))
	return p, nil
}

// probe asks for the queue, and adds to the plan that a message is asked for.
func probe(ctx context.Context, p *setup.Plan, source sqs.SourceConfig, env *setup.Env) error {
	q, err := sqs.Manage(ctx, source, env.Clock, env.Log)
	if err != nil {
		return err
	}
	defer q.Close()
	url, found, err := q.Find(ctx)
	switch {
	case err != nil:
		return err
	case !found:
		return errors.New("GetQueueUrl: there is no such queue: leave the setting queue empty, as Seven Senders have one queue for each key")
	}
	p.Keep("queue of Seven Senders", "found at "+url)
	p.Add(setup.Step{
		Action: setup.Test, What: "receiving", Detail: "one message is asked for, which counts as received and is left visible",
		Apply: func(ctx context.Context) (string, error) {
			defer q.Close()
			return receive(ctx, q, source.AccessKeyID)
		},
	})
	return nil
}

// receive says what was observed.
func receive(ctx context.Context, q *sqs.Managed, key string) (string, error) {
	there, err := q.Peek(ctx)
	switch {
	case err != nil:
		return "", hide(err, key)
	case there:
		return "the key is accepted, and a message came: it comes again, at the latest after the service's own visibility timeout, which is not documented", nil
	}
	return "the key is accepted, and no message was there: either there are no new events, or the queue is not turned on", nil
}

// hide takes the key out of an error.
func hide(err error, key string) error {
	text := err.Error()
	if key == "" || !strings.Contains(text, key) {
		return err
	}
	return errors.New(strings.ReplaceAll(text, key, "***"))
}

func letter(endpoint string) func() string {
	return func() string {
		return `Please turn on the queue of shipment events for our account:
` + endpoint + `

--

That is what to send to your account manager at Seven Senders, who alone can turn the
queue on, and off again. The key that reads from it is the API key of your account; there
is no secret. Events from before are not in the queue: they can be had from Seven Senders'
ShipmentTrackingHistory, which leat does not read.`
	}
}
