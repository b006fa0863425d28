// Package dedupe lets each event through once.
//
// An event is claimed before it goes on and recorded after it is settled; when
// it fails, the claim is given back. So a copy is dropped only when another one
// is known to be delivered. A copy that comes while the first is still on its
// way is held: if the first one fails, it takes its place.
package dedupe

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// Stage declares the dedupe stage.
var Stage = pipeline.DefineStage("dedupe", Config{TTL: 24 * time.Hour, OnStateError: hold}, New).Passes()

// Config is the dedupe stage's part of pipeline.yaml.
type Config struct {
	// How long a delivered event is remembered. Longer than its source keeps
	// messages, or a copy that comes after that is delivered again.
	TTL time.Duration `yaml:"ttl"`
	// What makes two events the same, if not their id and type: an expression, or
	// a list of expressions.
	ID pipeline.Identity `yaml:"id"`
	// What happens while the state store cannot be asked: hold the event until
	// it can, or deliver it, marked leat.dedupe=unknown and perhaps twice.
	OnStateError string `yaml:"on_state_error" values:"hold deliver"`
}

const (
	hold    = "hold"
	deliver = "deliver"
)

// Validate reports settings that cannot work.
func (c Config) Validate() error {
	if c.TTL < time.Second {
		return pipeline.FieldError("ttl", "must be at least 1s, such as 120h")
	}
	return nil
}

// Traits tells check what the stage does.
func (c Config) Traits() pipeline.Traits {
	return pipeline.Traits{Dedupes: true, Keeps: true, Remembers: c.TTL, SetsID: !c.ID.IsZero()}
}

type stage struct {
	config     Config
	claims     pipeline.Claims
	quick      bool                  // claims waits for nothing
	later      pipeline.CommitsLater // claims, if it says later what it has recorded; else nil
	asks       pipeline.ClaimsLater  // claims, if it says later whether an event is claimed; else nil
	clock      pipeline.Clock
	log        *slog.Logger
	inProgress progress
	stopping   <-chan struct{}   // of the flow
	left       chan struct{}     // closed at the end
	duplicates *pipeline.Counter // of events that this run delivered
	earlier    *pipeline.Counter // of events that an earlier run delivered
}

// New builds the stage.
func New(c Config, env *pipeline.Env) (pipeline.Stage, error) {
	s := &stage{
		config: c, claims: env.Claims(), clock: env.Clock, log: env.Log, left: make(chan struct{}), stopping: env.Stopping(),
		duplicates: env.Counter(pipeline.CountDuplicates), earlier: env.Counter(pipeline.CountEarlier),
	}
	s.quick = pipeline.IsQuick(s.claims)
	s.later, _ = s.claims.(pipeline.CommitsLater)
	s.asks, _ = s.claims.(pipeline.ClaimsLater)
	s.inProgress.init()
	env.OnStart(func(context.Context) error {
		go s.returnCopies()
		return nil
	})
	env.OnClose(sync.OnceValue(func() error {
		close(s.left)
		return nil
	}))
	return func(next pipeline.Handler) pipeline.Handler {
		if !s.quick && s.later == nil {
			next = pipeline.Await(next)
		}
		return func(ctx context.Context, e *pipeline.Event) error { return s.handle(ctx, e, next) }
	}, nil
}

// entrant is an event at the stage.
type entrant struct {
	stage *stage
	ctx   context.Context
	id    pipeline.Digest
	event *pipeline.Event
	next  pipeline.Handler
}

func (s *stage) handle(ctx context.Context, e *pipeline.Event, next pipeline.Handler) error {
	id, err := s.config.ID.Digest(e)
	if err != nil {
		return err
	}
	return s.enter(entrant{s, ctx, id, e, next})
}

func (s *stage) enter(e entrant) error {
	first, err := s.inProgress.enter(e)
	switch {
	case err != nil:
		return err
	case !first:
		s.duplicates.Inc()
		return nil
	case s.ask(e):
		return pipeline.ErrLater
	}
	return s.goOn(e, answer{})
}

// goOn goes on with an event that is in progress. Where the answer of the store is not
// known yet, it is waited for.
func (s *stage) goOn(e entrant, a answer) error {
	is, err := s.look(e.ctx, e.id, e.event, a)
	switch is {
	case unclaimed:
		return pipeline.Then(e.ctx, e.event, e.next, func(err error) error {
			s.inProgress.leave(e.id, err == nil)
			return err
		})
	case claimed:
		return s.deliver(e.ctx, e.id, e.event, e.next)
	}
	return err
}

// standing is what an event may do.
type standing uint8

const (
	over      standing = iota // nothing: it is a copy of one that was delivered, or it failed
	claimed                   // go on, under a claim that is ours
	unclaimed                 // go on, though the state store knows nothing of it
)

// look claims an event that is in progress. Of one that is over, the progress is too.
func (s *stage) look(ctx context.Context, id pipeline.Digest, e *pipeline.Event, a answer) (is standing, err error) {
	settled := false
	defer func() {
		if is == over { // also after a panic
			s.inProgress.leave(id, settled)
		}
	}()
	verdict, err := a.verdict, a.err
	if !a.known {
		verdict, err = s.claim(ctx, id)
	}
	switch {
	case errors.Is(err, pipeline.ErrReturned): // the store has answered: another process has the event
		return over, err
	case err != nil && s.config.OnStateError == deliver && ctx.Err() == nil:
		e.SetMeta(pipeline.MarkDedupe, "unknown")
		return unclaimed, nil
	case err != nil:
		return over, err
	case e.Meta(pipeline.MarkReplayed) == pipeline.ReplayedFromStart:
		// What is remembered of it is its dead letter.
	case verdict == pipeline.Delivered:
		s.duplicates.Inc()
		settled = true
		return over, nil
	case verdict == pipeline.Earlier:
		s.earlier.Inc()
		settled = true
		return over, nil
	}
	return claimed, nil
}

// deliver runs the rest of the flow under a claim that is ours.
func (s *stage) deliver(ctx context.Context, id pipeline.Digest, e *pipeline.Event, next pipeline.Handler) error {
	onward, lasting := ctx, ctx
	if s.isShared() {
		onward = pipeline.WithClaim(ctx, func(ctx context.Context) (bool, error) { return s.claimAgain(ctx, id) })
		lasting = context.WithoutCancel(ctx) // what has happened must be recorded even when the flow stops
	}
	return pipeline.Then(onward, e, next, func(err error) error { return s.conclude(lasting, id, err) })
}

// isShared reports whether the store is one that other processes may claim events in.
func (s *stage) isShared() bool { return !s.quick && (s.later == nil || s.asks != nil) }
