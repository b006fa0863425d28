package checks

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func (c *sdkClient) send(ctx context.Context, url string, m message) (sent, error) {
	out, err := c.api.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: &url, MessageBody: &m.body, MessageAttributes: m.sdkAttributes(), MessageSystemAttributes: m.sdkTrace(),
		DelaySeconds: int32(m.delay), MessageGroupId: optional(m.group), MessageDeduplicationId: optional(m.dedup),
	})
	if err != nil {
		return sent{}, err
	}
	return sent{
		id: aws.ToString(out.MessageId), bodyDigest: aws.ToString(out.MD5OfMessageBody), attrDigest: aws.ToString(out.MD5OfMessageAttributes),
		traceDigest: aws.ToString(out.MD5OfMessageSystemAttributes), sequence: aws.ToString(out.SequenceNumber),
	}, nil
}

func (c *sdkClient) sendBatch(ctx context.Context, url string, all []message) ([]sent, []failed, error) {
	in := &sqs.SendMessageBatchInput{QueueUrl: &url, Entries: []types.SendMessageBatchRequestEntry{}}
	for _, m := range all {
		in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{
			Id: &m.entry, MessageBody: &m.body, MessageAttributes: m.sdkAttributes(), MessageSystemAttributes: m.sdkTrace(),
			DelaySeconds: int32(m.delay), MessageGroupId: optional(m.group), MessageDeduplicationId: optional(m.dedup),
		})
	}
	out, err := c.api.SendMessageBatch(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	var done []sent
	for _, s := range out.Successful {
		done = append(done, sent{
			aws.ToString(s.Id), aws.ToString(s.MessageId), aws.ToString(s.MD5OfMessageBody), aws.ToString(s.MD5OfMessageAttributes),
			aws.ToString(s.MD5OfMessageSystemAttributes), aws.ToString(s.SequenceNumber),
		})
	}
	return done, sdkFailed(out.Failed), nil
}

func (c *sdkClient) receive(ctx context.Context, url string, r receive) ([]message, error) {
	in := &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: int32(r.limit), WaitTimeSeconds: int32(r.wait), MessageAttributeNames: r.attributes}
	if r.visibility > 0 {
		in.VisibilityTimeout = int32(r.visibility)
	}
	for _, n := range r.system {
		in.MessageSystemAttributeNames = append(in.MessageSystemAttributeNames, types.MessageSystemAttributeName(n))
	}
	out, err := c.api.ReceiveMessage(ctx, in)
	if err != nil {
		return nil, err
	}
	var all []message
	for _, m := range out.Messages {
		got := message{
			body: aws.ToString(m.Body), id: aws.ToString(m.MessageId), handle: aws.ToString(m.ReceiptHandle),
			bodyDigest: aws.ToString(m.MD5OfBody), attrDigest: aws.ToString(m.MD5OfMessageAttributes), system: m.Attributes,
			attributes: map[string]attribute{},
		}
		for name, a := range m.MessageAttributes {
			got.attributes[name] = attribute{aws.ToString(a.DataType), aws.ToString(a.StringValue), a.BinaryValue}
		}
		all = append(all, got)
	}
	return all, nil
}

func (m *message) sdkAttributes() map[string]types.MessageAttributeValue {
	out := map[string]types.MessageAttributeValue{}
	for name, a := range m.attributes {
		v := types.MessageAttributeValue{DataType: aws.String(a.kind), BinaryValue: a.binary}
		if a.binary == nil {
			v.StringValue = aws.String(a.text)
		}
		out[name] = v
	}
	return out
}

func (m *message) sdkTrace() map[string]types.MessageSystemAttributeValue {
	if m.trace == "" {
		return nil
	}
	return map[string]types.MessageSystemAttributeValue{"AWSTraceHeader": {DataType: aws.String("String"), StringValue: &m.trace}}
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
