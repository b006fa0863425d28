package sqs

import (
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	watermillsqs "github.com/ThreeDotsLabs/watermill-aws/sqs"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// Services that use Watermill's own SQS publisher and subscriber go on as before.

func TestWatermillsOwnPublisherIsUnderstood(t *testing.T) {
	s := sqstest.New(t, sqstest.Options{})
	_, _ = s.CreateQueue("q", nil)
	pub, err := watermillsqs.NewPublisher(watermillsqs.PublisherConfig{AWSConfig: watermillConfig(s), DoNotCreateQueueIfNotExists: true}, watermill.NopLogger{})
	if err != nil {
		t.Fatal(err)
	}
	m := message.NewMessage("uuid-1", []byte(`{"n":1}`))
	m.Metadata.Set("shop", "7")
	if err := pub.Publish("q", m); err != nil {
		t.Fatal(err)
	}
	c := Source.Defaults.(SourceConfig)
	c.Settings, c.Queue, c.Wait = ourSettings(s), "q", time.Second
	sub := newSubscriber(c, pipeline.System, quiet)
	sub.plain = true
	messages, err := sub.Subscribe(t.Context(), "q")
	if err != nil {
		t.Fatal(err)
	}
	got := <-messages
	if got.UUID != "uuid-1" || string(got.Payload) != `{"n":1}` || got.Metadata["shop"] != "7" {
		t.Errorf("%q %s %v", got.UUID, got.Payload, got.Metadata)
	}
	got.Ack()
	if err := sub.Close(); err != nil {
		t.Error(err)
	}
}

func TestWatermillsOwnSubscriberUnderstandsThePublisher(t *testing.T) {
	s := sqstest.New(t, sqstest.Options{})
	_, _ = s.CreateQueue("q", nil)
	pub, err := NewPublisher(SinkConfig{Settings: ourSettings(s)}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	m := message.NewMessage("uuid-1", []byte(`{"n":1}`))
	m.Metadata.Set("shop", "7")
	if err := pub.Publish("q", m); err != nil {
		t.Fatal(err)
	}
	if err := pub.Close(); err != nil {
		t.Error(err)
	}
	sub, err := watermillsqs.NewSubscriber(watermillsqs.SubscriberConfig{AWSConfig: watermillConfig(s), DoNotCreateQueueIfNotExists: true}, watermill.NopLogger{})
	if err != nil {
		t.Fatal(err)
	}
	messages, err := sub.Subscribe(t.Context(), "q")
	if err != nil {
		t.Fatal(err)
	}
	got := <-messages
	if got.UUID != "uuid-1" || string(got.Payload) != `{"n":1}` || got.Metadata["shop"] != "7" {
		t.Errorf("%q %s %v", got.UUID, got.Payload, got.Metadata)
	}
	got.Ack()
	s.Close() // its long poll would outlast the test
	_ = sub.Close()
}

func ourSettings(s *sqstest.Server) awsapi.Settings {
	return awsapi.Settings{Endpoint: s.URL, Region: "us-east-1", AccessKeyID: "test", SecretAccessKey: "test"}
}

func watermillConfig(s *sqstest.Server) aws.Config {
	return aws.Config{Region: "us-east-1", BaseEndpoint: &s.URL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
}
