package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/ThreeDotsLabs/watermill"
	watermillsqs "github.com/ThreeDotsLabs/watermill-aws/sqs"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/leat-io/leat/pipeline"
	leatsqs "github.com/leat-io/leat/providers/sqs"
)

func contestants() []contestant {
	list := []contestant{
		{"watermill-aws, defaults", 20, watermillAWS(1, 1)},
		{"watermill-aws, ten per receive", 20, watermillAWS(10, 1)},
		{"watermill-aws, ten per receive, 32 workers", 5, watermillAWS(10, 32)},
	}
	for _, n := range []int{1, 2, 4, 8} {
		list = append(list, contestant{fmt.Sprintf("SDK loop, %d pollers", n), 2, sdkLoop(n, false)})
	}
	for _, n := range []int{2, 4, 8, 32} {
		list = append(list, contestant{fmt.Sprintf("SDK loop, %d pollers, background deletes", n), 1, sdkLoop(n, true)})
	}
	return append(list, contestant{"leat flow, default settings", 1, leat})
}

func client(q target) *sqs.Client {
	return sqs.New(sqs.Options{Region: "us-east-1", BaseEndpoint: &q.endpoint, Credentials: aws.CredentialsProviderFunc(
		func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "bench", SecretAccessKey: "bench"}, nil
		})})
}

func watermillAWS(perReceive int32, workers int) func(context.Context, target) error {
	return func(ctx context.Context, q target) error {
		sub, err := watermillsqs.NewSubscriber(watermillsqs.SubscriberConfig{
			AWSConfig:                   aws.Config{Region: "us-east-1", BaseEndpoint: &q.endpoint, Credentials: client(q).Options().Credentials},
			DoNotCreateQueueIfNotExists: true,
			ConsumeWorkers:              workers,
			GenerateReceiveMessageInput: func(_ context.Context, url watermillsqs.QueueURL) (*sqs.ReceiveMessageInput, error) {
				return &sqs.ReceiveMessageInput{QueueUrl: aws.String(string(url)), MaxNumberOfMessages: perReceive, MessageAttributeNames: []string{"All"}}, nil
			},
		}, watermill.NopLogger{})
		if err != nil {
			return err
		}
		messages, err := sub.Subscribe(ctx, q.name)
		if err != nil {
			return err
		}
		for m := range messages {
			m.Ack()
		}
		return sub.Close()
	}
}

// sdkLoop receives ten at a time with each poller and deletes them with one
// request, after which it receives again, or meanwhile.
func sdkLoop(pollers int, background bool) func(context.Context, target) error {
	return func(ctx context.Context, q target) error {
		c := client(q)
		var all sync.WaitGroup
		for range pollers {
			all.Go(func() {
				for ctx.Err() == nil {
					got, err := c.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &q.url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
					if err != nil || len(got.Messages) == 0 {
						continue
					}
					if background {
						all.Go(func() { remove(ctx, c, q, got.Messages) })
					} else {
						remove(ctx, c, q, got.Messages)
					}
				}
			})
		}
		all.Wait()
		return nil
	}
}

func remove(ctx context.Context, c *sqs.Client, q target, messages []types.Message) {
	entries := make([]types.DeleteMessageBatchRequestEntry, len(messages))
	for i, m := range messages {
		entries[i] = types.DeleteMessageBatchRequestEntry{Id: m.MessageId, ReceiptHandle: m.ReceiptHandle}
	}
	_, _ = c.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &q.url, Entries: entries})
}

// leat runs a flow whose one stage and sink do nothing.
func leat(ctx context.Context, q target) error {
	nothing := pipeline.DefineStage("nothing", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Stage, error) {
		return pipeline.Map(func(context.Context, *pipeline.Event) error { return nil }), nil
	})
	discard := pipeline.DefineSink("discard", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Handler, error) {
		return func(context.Context, *pipeline.Event) error { return nil }, nil
	}).Quick()
	text := fmt.Sprintf(`
version: 1
flows:
  bench: {from: {sqs: {queue: %s, endpoint: %q, region: us-east-1, access_key_id: bench, secret_access_key: bench}}, stages: [nothing: {}], to: out}
sinks: {out: {discard: {}}}
`, q.name, q.endpoint)
	p, report := pipeline.LoadText("bench.yaml", text, pipeline.Options{
		Catalog: pipeline.Catalog{
			Stages: []pipeline.StageDef{nothing}, Sinks: []pipeline.SinkDef{discard}, Sources: []pipeline.SourceDef{leatsqs.Source},
			States: []pipeline.StateDef{pipeline.DefineState("none", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.State, error) { return none{}, nil })},
		},
		DefaultState: "none", Log: slog.New(slog.DiscardHandler),
	})
	if err := report.Err(); err != nil {
		return err
	}
	return p.Run(ctx)
}

// none is a state store for flows that remember nothing.
type none struct{}

func (none) Claims(string) pipeline.Claims { return nil }
func (none) Times(string) pipeline.Times   { return nil }
