package sqs

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/internal/valve"
	"github.com/leat-io/leat/pipeline"
)

// NewSource returns the source. It finds its queue when the pipeline starts.
func NewSource(c SourceConfig, env *pipeline.Env) (*pipeline.Source, error) {
	return newSource(newSubscriber(c, env.Clock, env.Log), env), nil
}

func newSource(sub *Subscriber, env *pipeline.Env) *pipeline.Source {
	c := sub.config
	sub.stopping = env.Stopping()
	sub.counts = countsOf(env)
	source := &pipeline.Source{Subscriber: sub, Topic: c.Queue, InFlight: c.MaxInFlight, Hold: c.hold(), Retention: c.Retention, Returns: true, Serial: isFIFO(c.Queue), Ordered: isFIFO(c.Queue), Backlog: sub.backlog}
	source.Pause = sub.pause
	env.OnHealth(sub.ailment)
	env.OnStart(func(ctx context.Context) error {
		q, err := sub.open(ctx, c.Queue)
		if err != nil {
			return err
		}
		sub.found = q
		sub.opened.Store(q)
		source.Redelivery = q.visibility
		return nil
	})
	return source
}

// NewSubscriber returns the source as a plain Watermill subscriber, whose topics
// are queues: names, URLs or ARNs. Messages carry the body as payload and the
// attributes as metadata called sqs.<name>. An acknowledged message is deleted;
// one that is nacked comes again after ReturnAfter; others stay invisible to
// further receivers as long as the subscriber lives. Zero settings get their
// defaults.
func NewSubscriber(c SourceConfig, log *slog.Logger) (*Subscriber, error) {
	c = c.withDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := newSubscriber(c, pipeline.System, log)
	s.plain = true
	return s, nil
}

func (c SourceConfig) withDefaults() SourceConfig {
	d := Source.Defaults.(SourceConfig)
	c.Protocol = cmp.Or(c.Protocol, d.Protocol)
	c.MaxInFlight = cmp.Or(c.MaxInFlight, d.MaxInFlight)
	c.MaxPollers = cmp.Or(c.MaxPollers, d.MaxPollers)
	if c.ReturnAfter.Max == 0 {
		c.ReturnAfter = d.ReturnAfter
	}
	c.Extend = true
	return c
}

// Subscriber is a Watermill subscriber with many messages in flight.
type Subscriber struct {
	config   SourceConfig
	clock    pipeline.Clock
	log      *slog.Logger
	open     func(ctx context.Context, name string) (*queue, error)
	counts   *counts
	plain    bool                  // messages are Watermill's own, not events
	stopping <-chan struct{}       // closed when the flow stops, nil without one
	grace    time.Duration         // how long Close waits for messages under way
	found    *queue                // by the start of the pipeline
	opened   atomic.Pointer[queue] // found, for those who ask for the backlog
	behind   behind
	paused   valve.Valve // shut while the flow is

	closing  sync.Once
	closeErr error

	mu     sync.Mutex
	subs   []*subscription
	closed bool
}

// closeGrace is how long Close waits for messages whose fate is open.
const closeGrace = 3 * time.Second

func newSubscriber(c SourceConfig, clock pipeline.Clock, log *slog.Logger) *Subscriber {
	o := &opener{settings: c.Settings, protocol: c.Protocol, visibility: c.VisibilityTimeout, clock: clock, log: log}
	return &Subscriber{config: c, clock: clock, log: log, open: o.open, counts: newCounts(), grace: closeGrace}
}

// Subscribe begins to receive. When ctx ends no more messages are received, and
// the channel closes; what is out can still be acknowledged until Close returns.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	q := s.found
	if q == nil {
		var err error
		if q, err = s.open(ctx, topic); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errors.New("the subscriber is closed")
	}
	sub := newSubscription(ctx, s, q)
	s.subs = append(s.subs, sub)
	sub.start(ctx)
	return sub.out, nil
}

// pause has the pollers ask for nothing more, or go on.
func (s *Subscriber) pause(paused bool) {
	if paused {
		s.paused.Shut()
	} else {
		s.paused.Open()
	}
}

// ailment says that nothing can be received.
func (s *Subscriber) ailment() (string, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sub := range s.subs {
		if since := sub.pollers.trouble.lasting(); !since.IsZero() {
			return sub.pollers.trouble.what, since
		}
	}
	return "", time.Time{}
}

// Close stops receiving, waits a little for messages whose fate is open, deletes
// what is settled and makes all else visible again at once, in the order of event
// times. The error says how many messages will come again although they were
// settled. It may be called more than once.
func (s *Subscriber) Close() error {
	s.closing.Do(func() { s.closeErr = s.close() })
	return s.closeErr
}

func (s *Subscriber) close() error {
	s.mu.Lock()
	s.closed = true
	subs := s.subs
	s.mu.Unlock()
	errs := make([]error, len(subs))
	var all sync.WaitGroup
	for i, sub := range subs {
		all.Go(func() { errs[i] = sub.close() })
	}
	all.Wait()
	return errors.Join(errs...)
}
