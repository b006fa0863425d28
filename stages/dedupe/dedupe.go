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
	"time"

	"github.com/leat-io/leat/pipeline"
)

// Stage declares the dedupe stage.
var Stage = pipeline.DefineStage("dedupe", Config{TTL: 24 * time.Hour, OnStateError: hold}, New)

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
	quick      bool // claims waits for nothing
	clock      pipeline.Clock
	log        *slog.Logger
	inProgress progress
	duplicates *pipeline.Counter // of events that this run delivered
	earlier    *pipeline.Counter // of events that an earlier run delivered
}

// New builds the stage.
func New(c Config, env *pipeline.Env) (pipeline.Stage, error) {
	s := &stage{
		config: c, claims: env.Claims(), clock: env.Clock, log: env.Log,
		duplicates: env.Counter(pipeline.CountDuplicates), earlier: env.Counter(pipeline.CountEarlier),
	}
	s.quick = pipeline.IsQuick(s.claims)
	s.inProgress.init()
	return func(next pipeline.Handler) pipeline.Handler {
		return func(ctx context.Context, e *pipeline.Event) error { return s.handle(ctx, e, next) }
	}, nil
}

func (s *stage) handle(ctx context.Context, e *pipeline.Event, next pipeline.Handler) error {
	id, err := s.config.ID.Digest(e)
	if err != nil {
		return err
	}
	first, err := s.inProgress.enter(ctx, id)
	if err != nil {
		return err
	}
	if !first {
		s.duplicates.Inc()
		return nil
	}
	settled := false
	defer func() { s.inProgress.leave(id, settled) }()
	err = s.claimAndDeliver(ctx, id, e, next)
	settled = err == nil
	return err
}

func (s *stage) claimAndDeliver(ctx context.Context, id pipeline.Digest, e *pipeline.Event, next pipeline.Handler) error {
	verdict, err := s.claim(ctx, id)
	switch {
	case errors.Is(err, pipeline.ErrReturned): // the store has answered: another process has the event
		return err
	case err != nil && s.config.OnStateError == deliver && ctx.Err() == nil:
		e.SetMeta(pipeline.MarkDedupe, "unknown")
		return next(ctx, e)
	case err != nil:
		return err
	case e.Meta(pipeline.MarkReplayed) == pipeline.ReplayedFromStart:
		// What is remembered of it is its dead letter.
	case verdict == pipeline.Delivered:
		s.duplicates.Inc()
		return nil
	case verdict == pipeline.Earlier:
		s.earlier.Inc()
		return nil
	}
	return s.deliver(ctx, id, e, next)
}

// deliver runs the rest of the flow under a claim that is ours.
func (s *stage) deliver(ctx context.Context, id pipeline.Digest, e *pipeline.Event, next pipeline.Handler) error {
	onward, lasting := ctx, ctx
	if !s.quick {
		onward = pipeline.WithClaim(ctx, func(ctx context.Context) (bool, error) { return s.claimAgain(ctx, id) })
		lasting = context.WithoutCancel(ctx) // what has happened must be recorded even when the flow stops
	}
	err := next(onward, e)
	if err != nil {
		_ = s.claims.Release(lasting, id) // a claim that stays ends with this process
		return err
	}
	outcome := pipeline.OutcomeDelivered
	if pipeline.DeadLettered(ctx) {
		outcome = pipeline.OutcomeDead
	}
	return s.commit(lasting, id, outcome)
}
