package checks

import (
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// sdkClient speaks JSON through the AWS SDK, without retries: an error is to be
// seen.
type sdkClient struct {
	url string
	api *sqs.Client
}

func newSDKClient(url string, h *http.Client) *sdkClient {
	return &sdkClient{url, sqs.New(sqs.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(url), HTTPClient: h, Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})}
}

func (c *sdkClient) endpoint() string { return c.url }

func (c *sdkClient) create(ctx context.Context, name string, attributes map[string]string) (string, error) {
	out, err := c.api.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		return "", err
	}
	return *out.QueueUrl, nil
}

func (c *sdkClient) queueURL(ctx context.Context, name string) (string, error) {
	out, err := c.api.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		return "", err
	}
	return *out.QueueUrl, nil
}

func (c *sdkClient) list(ctx context.Context, prefix string) ([]string, error) {
	out, err := c.api.ListQueues(ctx, &sqs.ListQueuesInput{QueueNamePrefix: &prefix})
	if err != nil {
		return nil, err
	}
	return out.QueueUrls, nil
}

func (c *sdkClient) deleteQueue(ctx context.Context, url string) error {
	_, err := c.api.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: &url})
	return err
}

func (c *sdkClient) purge(ctx context.Context, url string) error {
	_, err := c.api.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: &url})
	return err
}

func (c *sdkClient) attributes(ctx context.Context, url string, names ...string) (map[string]string, error) {
	in := &sqs.GetQueueAttributesInput{QueueUrl: &url}
	for _, n := range names {
		in.AttributeNames = append(in.AttributeNames, types.QueueAttributeName(n))
	}
	out, err := c.api.GetQueueAttributes(ctx, in)
	if err != nil {
		return nil, err
	}
	return out.Attributes, nil
}

func (c *sdkClient) setAttributes(ctx context.Context, url string, attributes map[string]string) error {
	_, err := c.api.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: attributes})
	return err
}

func (c *sdkClient) remove(ctx context.Context, url, handle string) error {
	_, err := c.api.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: &handle})
	return err
}

func (c *sdkClient) removeBatch(ctx context.Context, url string, handles []entry) ([]string, []failed, error) {
	in := &sqs.DeleteMessageBatchInput{QueueUrl: &url, Entries: []types.DeleteMessageBatchRequestEntry{}}
	for _, h := range handles {
		in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: &h.id, ReceiptHandle: &h.handle})
	}
	out, err := c.api.DeleteMessageBatch(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	var worked []string
	for _, s := range out.Successful {
		worked = append(worked, *s.Id)
	}
	return worked, sdkFailed(out.Failed), nil
}

func (c *sdkClient) hide(ctx context.Context, url, handle string, seconds int) error {
	_, err := c.api.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: &url, ReceiptHandle: &handle, VisibilityTimeout: int32(seconds)})
	return err
}

func (c *sdkClient) hideBatch(ctx context.Context, url string, handles []entry) ([]string, []failed, error) {
	in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &url}
	for _, h := range handles {
		in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{Id: &h.id, ReceiptHandle: &h.handle, VisibilityTimeout: int32(h.seconds)})
	}
	out, err := c.api.ChangeMessageVisibilityBatch(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	var worked []string
	for _, s := range out.Successful {
		worked = append(worked, *s.Id)
	}
	return worked, sdkFailed(out.Failed), nil
}

func sdkFailed(all []types.BatchResultErrorEntry) []failed {
	var out []failed
	for _, f := range all {
		out = append(out, failed{aws.ToString(f.Id), aws.ToString(f.Code), f.SenderFault})
	}
	return out
}
