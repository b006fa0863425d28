package redisstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/pipeline"
)

// NewSource returns the source. It reaches Redis when the pipeline starts.
func NewSource(c SourceConfig, env *pipeline.Env) (*pipeline.Source, error) {
	env.Uses(c.Files()...)
	return newSource(newSubscriber(c, env.Clock, env.Log), env), nil
}

func newSource(sub *Subscriber, env *pipeline.Env) *pipeline.Source {
	c := sub.config
	sub.stopping = env.Stopping()
	sub.counts = countsOf(env)
	env.OnStart(func(ctx context.Context) error {
		a, err := sub.join(ctx, c.Stream)
		sub.found = a
		return err
	})
	return &pipeline.Source{Subscriber: sub, Topic: c.Stream, InFlight: c.MaxInFlight, Hold: pipeline.Forever, Ordered: true, Returns: true, Redelivery: c.redelivery()}
}

// NewSubscriber returns the source as a plain Watermill subscriber, whose topics are
// streams. Messages carry the payload, and the other fields of an entry as metadata under
// their own names; id, stream and deliveries are called redisstream.<name>. An
// acknowledged message is acknowledged in Redis; one that is nacked comes again after
// ReturnAfter. Stream of the settings does not count; of the others zero means the default.
func NewSubscriber(c SourceConfig, log *slog.Logger) (*Subscriber, error) {
	c = c.withDefaults()
	c.Stream = "any"
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := newSubscriber(c, pipeline.System, log)
	s.plain = true
	return s, nil
}

func (c SourceConfig) withDefaults() SourceConfig {
	d := Source.Defaults.(SourceConfig)
	if c.Group == "" {
		c.Group = d.Group
	}
	if c.From == "" {
		c.From = d.From
	}
	if c.MaxInFlight == 0 {
		c.MaxInFlight = d.MaxInFlight
	}
	if c.Block == 0 {
		c.Block = d.Block
	}
	if c.ClaimAfter == 0 {
		c.ClaimAfter = d.ClaimAfter
	}
	if c.ReturnAfter.Max == 0 {
		c.ReturnAfter = d.ReturnAfter
	}
	if c.ReturnAfter.Min == 0 {
		c.ReturnAfter.Min = min(d.ReturnAfter.Min, c.ReturnAfter.Max)
	}
	if c.Payload == "" {
		c.Payload = d.Payload
	}
	return c
}

// Subscriber is a Watermill subscriber with many messages in flight.
type Subscriber struct {
	config   SourceConfig
	clock    pipeline.Clock
	log      *slog.Logger
	open     func(stream, consumer string) (api, error)
	counts   *counts
	plain    bool            // messages are Watermill's own, not events
	stopping <-chan struct{} // closed when the flow stops, nil without one
	grace    time.Duration   // how long Close waits for messages under way
	found    api             // by the start of the pipeline

	closing  sync.Once
	closeErr error

	mu     sync.Mutex
	subs   []*subscription
	closed bool
}

// closeGrace is how long Close waits for messages whose fate is open.
const closeGrace = 3 * time.Second

func newSubscriber(c SourceConfig, clock pipeline.Clock, log *slog.Logger) *Subscriber {
	s := &Subscriber{config: c, clock: clock, log: log, counts: newCounts(), grace: closeGrace}
	s.open = func(stream, consumer string) (api, error) { return newServer(c, stream, consumer) }
	return s
}

// join makes a consumer of the group, which is made if it does not exist.
func (s *Subscriber) join(ctx context.Context, stream string) (api, error) {
	consumer := s.config.Consumer
	if consumer == "" {
		consumer = generatedName()
	}
	a, err := s.open(stream, consumer)
	if err != nil {
		return nil, err
	}
	if err := s.create(ctx, a); err != nil {
		a.close()
		return nil, fmt.Errorf("stream %s at %s: %w", stream, s.config.Address(), explained(err))
	}
	return a, nil
}

// patience is for how long a start waits for Redis.
const patience = 30 * time.Second

// create tries again what may succeed later.
func (s *Subscriber) create(ctx context.Context, a api) error {
	wait := newWait()
	for until := s.clock.Now().Add(patience); ; {
		within, cancel := context.WithTimeout(ctx, callTimeout)
		err := a.create(within, s.config.after())
		cancel()
		if err == nil || ctx.Err() != nil || refusal(err) || !s.clock.Now().Before(until) {
			return err
		}
		if wait.Failures == 0 {
			s.log.Warn("Redis cannot be reached, trying again for "+patience.String(), "error", err)
		}
		if !pipeline.Sleep(ctx, s.clock, wait.Next(), s.stopping) {
			return err
		}
	}
}

// Subscribe begins to read. When ctx ends no more entries are read, and the channel
// closes; what is out can still be acknowledged until Close returns. Each subscription
// is a consumer of its own; with a fixed name there can be one for each stream.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	a := s.found
	if a == nil {
		var err error
		if a, err = s.join(ctx, topic); err != nil {
			return nil, err
		}
	}
	sub, err := s.add(ctx, topic, a)
	if err != nil {
		a.close()
		return nil, err
	}
	sub.start(ctx)
	return sub.out, nil
}

func (s *Subscriber) add(ctx context.Context, topic string, a api) (*subscription, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errors.New("the subscriber is closed")
	}
	for _, other := range s.subs {
		if s.config.Consumer != "" && other.stream == topic {
			return nil, fmt.Errorf("stream %s is being read as consumer %s already: leave the consumer empty, so that each subscription gets a name of its own", topic, s.config.Consumer)
		}
	}
	sub := newSubscription(ctx, s, topic, a)
	s.subs = append(s.subs, sub)
	return sub, nil
}

// Close stops reading, waits a little for messages whose fate is open, acknowledges what
// is settled and leaves all else to other consumers, which can take it over at once. The
// error says how many entries Redis could not be told about. It may be called more than
// once.
func (s *Subscriber) Close() error {
	s.closing.Do(func() { s.closeErr = s.close() })
	return s.closeErr
}

func (s *Subscriber) close() error {
	s.mu.Lock()
	s.closed = true
	subs := s.subs
	s.mu.Unlock()
	if len(subs) == 0 && s.found != nil {
		s.found.close()
	}
	errs := make([]error, len(subs))
	var all sync.WaitGroup
	for i, sub := range subs {
		all.Go(func() { errs[i] = sub.close() })
	}
	all.Wait()
	return errors.Join(errs...)
}
