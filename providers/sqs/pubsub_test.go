package sqs

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/internal/awsmessage"
	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// Watermill's own suite for subscribers and publishers, against the double and
// against a server of others. LEAT_LONG=1 has it send as many messages as it likes.

// The two suites mostly wait, and do so together.
func TestWatermillSuiteOnTheDouble(t *testing.T) {
	t.Parallel()
	s := sqstest.New(t, sqstest.Options{})
	suite(t, s.URL)
}

func TestWatermillSuiteOnFauxqs(t *testing.T) {
	t.Parallel()
	suite(t, testservers.Fauxqs(t))
}

func suite(t *testing.T, endpoint string) {
	features := tests.Features{
		ConsumerGroups: false, ExactlyOnceDelivery: false, GuaranteedOrder: false,
		Persistent: true, ForceShort: os.Getenv("LEAT_LONG") == "", GenerateTopicFunc: func(c tests.TestContext) string { return "t-" + string(c.TestID) },
	}
	t.Run("standard", func(t *testing.T) {
		tests.TestPubSub(t, features, pubSub(endpoint, ""), nil)
	})
	t.Run("FIFO", func(t *testing.T) {
		ordered := features
		ordered.GuaranteedOrder, ordered.GuaranteedOrderWithSingleSubscriber = true, true
		tests.TestPubSub(t, ordered, pubSub(endpoint, awsmessage.FIFOSuffix), nil)
	})
}

// pubSub makes a publisher and a subscriber whose queues exist when they are asked
// for, which neither of them would bring about.
func pubSub(endpoint string, suffix string) tests.PubSubConstructor {
	return func(t *testing.T) (message.Publisher, message.Subscriber) {
		settings := awsapi.Settings{Endpoint: endpoint, Region: "us-east-1", AccessKeyID: "test", SecretAccessKey: "test"}
		sub, err := NewSubscriber(SourceConfig{Settings: settings, Wait: time.Second, VisibilityTimeout: 10 * time.Second, ReturnAfter: conf.Range{Max: time.Second}}, quiet)
		if err != nil {
			t.Fatal(err)
		}
		sub.grace = 300 * time.Millisecond
		pub, err := NewPublisher(SinkConfig{Settings: settings}, quiet)
		if err != nil {
			t.Fatal(err)
		}
		caller, err := settings.Load(context.Background(), "", "SQS")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(caller.Close)
		c := creator{caller, suffix}
		t.Cleanup(func() { pub.Close(); sub.Close() }) // the suite leaves some open
		return creatingPublisher{pub, c}, creatingSubscriber{sub, c}
	}
}

// creator makes queues. The names that the suite gives do not end as those of
// FIFO queues must.
type creator struct {
	caller *awsapi.Caller
	suffix string
}

func (c creator) create(topic string) (queue string, err error) {
	queue = topic + c.suffix
	body := `{"QueueName":"` + queue + `"`
	if c.suffix != "" {
		body += `,"Attributes":{"FifoQueue":"true"}`
	}
	_, err = (&jsonAPI{caller: c.caller}).post(context.Background(), c.caller.Endpoint, "CreateQueue", []byte(body+"}"))
	return queue, err
}

type creatingPublisher struct {
	*Publisher
	creator
}

func (p creatingPublisher) Publish(topic string, messages ...*message.Message) error {
	queue, err := p.create(topic)
	if err != nil {
		return err
	}
	return p.Publisher.Publish(queue, messages...)
}

type creatingSubscriber struct {
	*Subscriber
	creator
}

func (s creatingSubscriber) SubscribeInitialize(topic string) error {
	_, err := s.create(topic)
	return err
}

func (s creatingSubscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	queue, err := s.create(topic)
	if err != nil {
		return nil, err
	}
	return s.Subscriber.Subscribe(ctx, queue)
}
