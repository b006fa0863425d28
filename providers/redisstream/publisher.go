package redisstream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/redis/go-redis/v9"

	"github.com/leat-io/leat/internal/redisapi"
	"github.com/leat-io/leat/pipeline"
)

// Publisher is a Watermill publisher whose topics are streams. Its entries are those of
// Watermill's own publisher, so that subscribers of either kind read messages of both.
// Metadata that begin with redisstream. are left out: they say where a message came from.
type Publisher struct {
	config SinkConfig
	client redisapi.Client
	pipe   *redisapi.Pipe

	mu     sync.Mutex
	closed bool
	calls  sync.WaitGroup
}

// NewPublisher returns a publisher. Stream, StreamFrom, Label and Fields of the settings
// do not count; an empty Payload is "payload", which is what Watermill's subscriber reads.
func NewPublisher(c SinkConfig) (*Publisher, error) {
	c.Stream, c.StreamFrom, c.Label, c.Fields = "any", pipeline.Expr{}, false, nil
	if c.Payload == "" {
		c.Payload = payloadField
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	client, err := redisapi.Open(c.Settings)
	if err != nil {
		return nil, err
	}
	return &Publisher{config: c, client: client, pipe: redisapi.NewPipe(client)}, nil
}

// Publish returns nil once Redis has all messages, in their order. After an error some of
// them may be in the stream, and after a lost answer one of them twice. It returns when
// the context of the first message ends.
func (p *Publisher) Publish(topic string, messages ...*message.Message) error {
	if len(messages) == 0 {
		return nil
	}
	if !p.enter() {
		return errors.New("the publisher is closed")
	}
	defer p.calls.Done()
	ctx := messages[0].Context()
	commands := make([]redis.Cmder, len(messages))
	for i, m := range messages {
		commands[i] = p.command(ctx, topic, m)
	}
	sent := p.pipe.Do(ctx, commands...)
	var errs []error
	for i, c := range commands {
		if err := added(sent, c.(*redis.StringCmd)); err != nil {
			errs = append(errs, fmt.Errorf("message %s: %w", messages[i].UUID, err))
		}
	}
	return errors.Join(errs...)
}

func (p *Publisher) enter() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.calls.Add(1)
	return true
}

func (p *Publisher) command(ctx context.Context, topic string, m *message.Message) *redis.StringCmd {
	args := append(p.config.head(topic, pipeline.System.Now()), uuidField, m.UUID, metadataField, packed(m.Metadata), p.config.Payload, []byte(m.Payload))
	return redis.NewStringCmd(ctx, args...)
}

// packed is empty for a message without metadata.
func packed(metadata message.Metadata) []byte {
	own := map[string]string{}
	for name, value := range metadata {
		if !strings.HasPrefix(name, metaPrefix) {
			own[name] = value
		}
	}
	if len(own) == 0 {
		return nil
	}
	return appendMap(nil, own)
}

// Close returns when all that is being published has its result.
func (p *Publisher) Close() error {
	p.mu.Lock()
	closed := p.closed
	p.closed = true
	p.mu.Unlock()
	if closed {
		return nil
	}
	p.calls.Wait()
	p.pipe.Close()
	return p.client.Close()
}
