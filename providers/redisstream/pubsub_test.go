package redisstream

import (
	"os"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/redisapi"
	"github.com/leat-io/leat/internal/testservers"
)

// Watermill's own suite for subscribers and publishers. By an order it means that the next
// message does not come before the one before is acknowledged, which is so with one in
// flight. LEAT_LONG=1 has it send as many messages as it likes.
func TestWatermillSuite(t *testing.T) {
	url := testservers.RedisURL(t)
	features := tests.Features{
		ConsumerGroups: true, ExactlyOnceDelivery: false, GuaranteedOrder: false,
		Persistent: true, ForceShort: os.Getenv("LEAT_LONG") == "",
		GenerateTopicFunc: func(c tests.TestContext) string { return "suite-" + string(c.TestID) },
	}
	t.Run("many in flight", func(t *testing.T) {
		tests.TestPubSub(t, features, pubSub(url, 0), inGroup(url, 0))
	})
	t.Run("one in flight", func(t *testing.T) {
		ordered := features
		ordered.GuaranteedOrder, ordered.GuaranteedOrderWithSingleSubscriber = true, true
		tests.TestPubSub(t, ordered, pubSub(url, 1), inGroup(url, 1))
	})
}

func pubSub(url string, inFlight int) tests.PubSubConstructor {
	return func(t *testing.T) (message.Publisher, message.Subscriber) { return inGroup(url, inFlight)(t, "") }
}

func inGroup(url string, inFlight int) tests.ConsumerGroupPubSubConstructor {
	return func(t *testing.T, group string) (message.Publisher, message.Subscriber) {
		settings := redisapi.Settings{URL: conf.Secret(url)}
		sub, err := NewSubscriber(SourceConfig{
			Settings: settings, Group: group, MaxInFlight: inFlight, Block: 50 * time.Millisecond, ClaimAfter: time.Second,
			ReturnAfter: conf.Range{Max: 200 * time.Millisecond},
		}, quiet)
		if err != nil {
			t.Fatal(err)
		}
		sub.grace = 300 * time.Millisecond
		pub, err := NewPublisher(SinkConfig{Settings: settings})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { pub.Close(); sub.Close() }) // the suite leaves some open
		return pub, sub
	}
}
