package sqstest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/leat-io/leat/providers/sqs/sqstest"
)

func newClient(s *sqstest.Server) *sqs.Client {
	return sqs.New(sqs.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(s.URL),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

func TestSmoke(t *testing.T) {
	s := sqstest.New(t, sqstest.Options{})
	c := newClient(s)
	made, err := c.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("orders")})
	if err != nil {
		t.Fatal(err)
	}
	sent, err := c.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: made.QueueUrl, MessageBody: aws.String("hällo \"😀\"\n"),
		MessageAttributes: map[string]types.MessageAttributeValue{"a": {DataType: aws.String("Binary.x"), BinaryValue: []byte{1, 2}}, "n": {DataType: aws.String("Number"), StringValue: aws.String("1.5")}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(*sent.MessageId)
	got, err := c.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: made.QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 2, MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"}})
	if err != nil {
		t.Fatal(err)
	}
	m := got.Messages[0]
	t.Logf("%q %v %v", *m.Body, m.Attributes, m.MessageAttributes)
	if _, err := c.ChangeMessageVisibility(t.Context(), &sqs.ChangeMessageVisibilityInput{QueueUrl: made.QueueUrl, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: 100}); err != nil {
		t.Fatal(err)
	}
	t.Log(s.Messages("orders"))
	if _, err := c.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: made.QueueUrl, ReceiptHandle: m.ReceiptHandle}); err != nil {
		t.Fatal(err)
	}
	_, err = c.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(s.QueueURL("nope"))})
	t.Logf("%v %T", err, err)
	a, err := c.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: made.QueueUrl, AttributeNames: []types.QueueAttributeName{"All"}})
	t.Log(a.Attributes, err)
	t.Log(s.Queue("orders"))
	t.Log(s.Calls())
}
