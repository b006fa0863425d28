package tiki

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/internal/webcall"
	"github.com/leat-io/leat/pipeline"
)

// NewSource returns the source. It reaches Tiki when the pipeline starts.
func NewSource(c SourceConfig, env *pipeline.Env) (*pipeline.Source, error) {
	return newSource(c, env, webcall.NewTransport()), nil
}

func newSource(c SourceConfig, env *pipeline.Env, through transport) *pipeline.Source {
	s := &Subscriber{
		config: c, clock: env.Clock, log: env.Log.With("queue", c.Queue), counts: countsOf(env), grace: closeGrace,
		client: newClient(c.Account, env.Clock, through), stopping: env.Stopping(),
		lease: func() pipeline.Lease { return env.LeaseOf("tiki/" + c.Queue) },
	}
	s.api = openQueue(s.client, c.Queue)
	env.OnStart(s.check)
	return &pipeline.Source{Subscriber: s, Topic: c.Queue, InFlight: 1, Hold: retention, Retention: retention, Ordered: true, Returns: true}
}

// Subscriber is a Watermill subscriber of one queue. Its messages carry many events, each
// of which the flow settles by itself.
type Subscriber struct {
	config   SourceConfig
	clock    pipeline.Clock
	log      *slog.Logger
	client   *client
	api      api
	lease    func() pipeline.Lease
	counts   *counts
	stopping <-chan struct{} // closed when the flow stops
	grace    time.Duration   // how long Close waits for messages under way

	closing sync.Once

	mu     sync.Mutex
	sub    *subscription
	closed bool
}

// closeGrace is how long Close waits for messages whose fate is open.
const closeGrace = 2 * time.Second

// check refuses credentials that Tiki refuses. That Tiki is away is no reason not to start.
func (s *Subscriber) check(ctx context.Context) error {
	_, err := s.client.keys.get(ctx)
	if lasting(err) {
		return explained(err)
	}
	return ctx.Err()
}

// Subscribe begins to pull. When ctx ends nothing more is pulled, and the channel closes;
// what is out can still be settled until Close returns. There can be one subscription.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return nil, errors.New("the subscriber is closed")
	case s.sub != nil:
		return nil, fmt.Errorf("queue %s is being read already", topic)
	}
	s.sub = newSubscription(ctx, s, topic)
	s.sub.start(ctx)
	return s.sub.out, nil
}

// Close stops pulling and waits a little for messages whose fate is open. If then all
// events that were pulled last are settled, Tiki is told; otherwise they come again. It may
// be called more than once.
func (s *Subscriber) Close() error {
	s.closing.Do(func() {
		s.mu.Lock()
		s.closed = true
		sub := s.sub
		s.mu.Unlock()
		if sub != nil {
			sub.close()
		}
		s.api.close()
	})
	return nil
}
