package checks

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
)

func newSNS(t *testing.T, c client) *sns.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return sns.New(sns.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(c.endpoint()), HTTPClient: &http.Client{Transport: transport}, Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})
}

// subscribed makes a topic and a queue that has its messages.
func subscribed(t *testing.T, c client, attributes map[string]string) (topics *sns.Client, topic, queue string) {
	t.Helper()
	topics = newSNS(t, c)
	made, err := topics.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String(freshName(nil))})
	if err != nil {
		t.Fatal(err)
	}
	queue = newQueue(t, c, nil)
	arn, err := c.attributes(t.Context(), queue, "QueueArn")
	if err != nil {
		t.Fatal(err)
	}
	_, err = topics.Subscribe(t.Context(), &sns.SubscribeInput{
		TopicArn: made.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String(arn["QueueArn"]), Attributes: attributes, ReturnSubscriptionArn: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return topics, *made.TopicArn, queue
}

var coloured = map[string]types.MessageAttributeValue{"colour": {DataType: aws.String("String"), StringValue: aws.String("blue")}}

var topicChecks = []check{
	{"SNS: delivers to a queue in an envelope", func(t *testing.T, c client) {
		topics, topic, queue := subscribed(t, c, nil)
		out, err := topics.Publish(t.Context(), &sns.PublishInput{TopicArn: &topic, Message: aws.String("hällo \"x\""), Subject: aws.String("s"), MessageAttributes: coloured})
		if err != nil {
			t.Fatal(err)
		}
		var e struct {
			Type, MessageId, TopicArn, Subject, Message, Timestamp, SignatureVersion, Signature, SigningCertURL, UnsubscribeURL string
			MessageAttributes                                                                                                   map[string]struct{ Type, Value string }
		}
		got := mustReceiveOne(t, c, queue)
		if err := json.Unmarshal([]byte(got.body), &e); err != nil {
			t.Fatal(err)
		}
		if e.Type != "Notification" || e.MessageId != *out.MessageId || e.TopicArn != topic || e.Subject != "s" || e.Message != "hällo \"x\"" ||
			e.MessageAttributes["colour"].Value != "blue" || e.Timestamp == "" || e.Signature == "" || e.SigningCertURL == "" || e.UnsubscribeURL == "" {
			t.Errorf("envelope %s", got.body)
		}
		if len(got.attributes) != 0 {
			t.Errorf("attributes %v", got.attributes)
		}
	}},
	{"SNS: delivers raw with attributes", func(t *testing.T, c client) {
		topics, topic, queue := subscribed(t, c, map[string]string{"RawMessageDelivery": "true"})
		if _, err := topics.Publish(t.Context(), &sns.PublishInput{TopicArn: &topic, Message: aws.String("x"), MessageAttributes: coloured}); err != nil {
			t.Fatal(err)
		}
		if got := mustReceiveOne(t, c, queue); got.body != "x" || got.attributes["colour"].text != "blue" {
			t.Errorf("%+v", got)
		}
	}},
	{"SNS: delivers what the filter lets pass", func(t *testing.T, c client) {
		topics, topic, queue := subscribed(t, c, map[string]string{"RawMessageDelivery": "true", "FilterPolicy": `{"colour": ["red", "blue"]}`})
		for body, attributes := range map[string]map[string]types.MessageAttributeValue{
			"none": nil, "blue": coloured, "green": {"colour": {DataType: aws.String("String"), StringValue: aws.String("green")}},
		} {
			if _, err := topics.Publish(t.Context(), &sns.PublishInput{TopicArn: &topic, Message: &body, MessageAttributes: attributes}); err != nil {
				t.Fatal(err)
			}
		}
		wantBodies(t, mustReceive(t, c, queue, ten), "blue")
	}},
	{"SNS: publishes a batch", func(t *testing.T, c client) {
		topics, topic, queue := subscribed(t, c, map[string]string{"RawMessageDelivery": "true"})
		out, err := topics.PublishBatch(t.Context(), &sns.PublishBatchInput{TopicArn: &topic, PublishBatchRequestEntries: []types.PublishBatchRequestEntry{
			{Id: aws.String("1"), Message: aws.String("x")}, {Id: aws.String("2"), Message: aws.String("y")},
		}})
		if err != nil || len(out.Successful) != 2 || len(out.Failed) != 0 {
			t.Fatalf("%+v, %v", out, err)
		}
		if got := mustReceive(t, c, queue, ten); len(got) != 2 {
			t.Errorf("%d messages", len(got))
		}
	}},
	{"SNS: does not publish to a topic that is not there", func(t *testing.T, c client) {
		_, topic, _ := subscribed(t, c, nil)
		_, err := newSNS(t, c).Publish(t.Context(), &sns.PublishInput{TopicArn: aws.String(topic + "-not"), Message: aws.String("x")})
		wantCode(t, err, "NotFound", "NotFoundException")
	}},
	{"SNS: lists subscriptions and ends them", func(t *testing.T, c client) {
		topics, topic, queue := subscribed(t, c, nil)
		list, err := topics.ListSubscriptionsByTopic(t.Context(), &sns.ListSubscriptionsByTopicInput{TopicArn: &topic})
		if err != nil || len(list.Subscriptions) != 1 || *list.Subscriptions[0].Protocol != "sqs" {
			t.Fatalf("%+v, %v", list, err)
		}
		if _, err := topics.Unsubscribe(t.Context(), &sns.UnsubscribeInput{SubscriptionArn: list.Subscriptions[0].SubscriptionArn}); err != nil {
			t.Fatal(err)
		}
		if _, err := topics.Publish(t.Context(), &sns.PublishInput{TopicArn: &topic, Message: aws.String("x")}); err != nil {
			t.Fatal(err)
		}
		wantBodies(t, mustReceive(t, c, queue, ten))
	}},
	{"SNS: tells and changes the attributes of a topic", func(t *testing.T, c client) {
		topics, topic, _ := subscribed(t, c, nil)
		if _, err := topics.SetTopicAttributes(t.Context(), &sns.SetTopicAttributesInput{TopicArn: &topic, AttributeName: aws.String("DisplayName"), AttributeValue: aws.String("d")}); err != nil {
			t.Fatal(err)
		}
		got, err := topics.GetTopicAttributes(t.Context(), &sns.GetTopicAttributesInput{TopicArn: &topic})
		if err != nil || got.Attributes["DisplayName"] != "d" || got.Attributes["TopicArn"] != topic || got.Attributes["SubscriptionsConfirmed"] != "1" {
			t.Errorf("%+v, %v", got, err)
		}
	}},
	{"SNS: deletes a topic", func(t *testing.T, c client) {
		topics, topic, _ := subscribed(t, c, nil)
		if _, err := topics.DeleteTopic(t.Context(), &sns.DeleteTopicInput{TopicArn: &topic}); err != nil {
			t.Fatal(err)
		}
		_, err := topics.Publish(t.Context(), &sns.PublishInput{TopicArn: &topic, Message: aws.String("x")})
		wantCode(t, err, "NotFound", "NotFoundException")
	}},
}
