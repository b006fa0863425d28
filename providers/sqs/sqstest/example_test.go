package sqstest_test

import (
	"context"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// A client of the AWS SDK is given the server's URL as its endpoint. In this test
// the answer to the first delete is lost, and the SDK deletes again.
func Example() {
	s, err := sqstest.Start(sqstest.Options{Intercept: func(c sqstest.Call) *sqstest.Fault {
		if c.Action == "DeleteMessage" && c.Number == 1 {
			return &sqstest.Fault{Work: true, Drop: true}
		}
		return nil
	}})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	queue, _ := s.CreateQueue("orders", nil)
	_ = s.Send("orders", "a pound of tea")

	client := sqs.New(sqs.Options{
		BaseEndpoint: &s.URL, Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	ctx := context.Background()
	got, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &queue})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(*got.Messages[0].Body)
	_, err = client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(queue), ReceiptHandle: got.Messages[0].ReceiptHandle})
	state, _ := s.Queue("orders")
	fmt.Println(err, state.Deleted, s.Calls()["DeleteMessage"])
	// Output:
	// a pound of tea
	// <nil> 1 2
}
