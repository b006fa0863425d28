// Package reorder gives the events of each key to the next stage in the order in
// which they happened, one at a time.
//
// An event is held, unacknowledged, until the clock has advanced by the window
// since it entered. Behind a live source that is the wall clock; behind a finite
// one it is the newest event time that the source has come past, so that a file
// is put in order as fast as it can be read, and in the same way every time.
// Held events go back to their source when the flow stops. Events of different
// keys do not wait for each other.
package reorder

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// Stage declares the reorder stage.
var Stage = pipeline.DefineStage("reorder", Config{By: byTime, Late: lateDeliver, NoTime: asArrived, NoKey: asArrived, MaxAhead: time.Hour, Mode: modeShared, OnDeath: onDeathWait}, New).Passes()

// Config is the reorder stage's part of pipeline.yaml.
type Config struct {
	// How long an event waits for earlier events of its key. The longer, the
	// later everything leaves; an event that comes later than that is late.
	Window time.Duration `yaml:"window"`
	// What the order goes by: time, the event time; or arrival, the order of the
	// source, without any waiting.
	By string `yaml:"by" values:"time arrival"`
	// What happens to an event that is earlier than the last one of its key that
	// has left: deliver it (marked leat.late and leat.late_by), dead_letter, or
	// drop it (counted).
	Late string `yaml:"late" values:"deliver dead_letter drop"`
	// What happens to an event without a time: arrival, it keeps its place among
	// those that came before it (marked leat.unordered), or dead_letter.
	NoTime string `yaml:"no_time" values:"arrival dead_letter"`
	// What happens to an event without a key: arrival, it passes at once (marked
	// leat.unkeyed), or dead_letter.
	NoKey string `yaml:"no_key" values:"arrival dead_letter"`
	// How far in the future an event time may lie, behind a live source, before
	// it is taken for a mistake: such an event leaves in its place of arrival,
	// marked leat.unordered, and makes no other event late.
	MaxAhead time.Duration `yaml:"max_ahead"`
	// How replicas work together, with a state that they share: shared, all of them
	// take part and the order holds across them; or leader, one of them runs the
	// pipeline and the others wait to take its place. One that has led and was taken
	// for dead stops with an error, so whoever starts it has to start it again.
	Mode string `yaml:"mode" values:"shared leader"`
	// What later events of a key do, with a state that replicas share, when the replica
	// dies that holds an earlier one: wait until the source has given it to another one,
	// but no longer than that takes; or skip it, so that it is late when it comes.
	OnDeath string `yaml:"on_death" values:"wait skip"`
}

const (
	byTime        = "time"
	byArrival     = "arrival"
	lateDeliver   = "deliver"
	lateDrop      = "drop"
	viaDeadLetter = "dead_letter"
	asArrived     = "arrival"
	modeShared    = "shared"
	modeLeader    = "leader"
	onDeathWait   = "wait"
	onDeathSkip   = "skip"
)

// Validate reports settings that cannot work.
func (c Config) Validate() error {
	switch {
	case c.By == byTime && c.Window <= 0:
		return pipeline.FieldError("window", "must be longer than 0s, such as 2m")
	case c.By == byArrival && c.Window != 0:
		return pipeline.FieldError("window", "has no meaning with by: arrival, which waits for nothing")
	case c.MaxAhead <= 0:
		return pipeline.FieldError("max_ahead", "must be longer than 0s")
	}
	return nil
}

// Traits tells check what the stage needs.
func (c Config) Traits() pipeline.Traits {
	return pipeline.Traits{Orders: true, Keeps: true, ByArrival: c.By == byArrival, Holds: c.Window}
}

// New builds the stage.
func New(c Config, env *pipeline.Env) (pipeline.Stage, error) {
	if _, shared := env.Lease(); c.Mode == modeLeader && !shared {
		return nil, pipeline.FieldError("mode", "leader needs a state that replicas share: state: {redis: {url: …}}")
	}
	s := newStage(c, env)
	env.OnStart(func(ctx context.Context) error {
		s.finite, s.notBefore = env.Finite(), env.NotBefore()
		s.keys.forgets = s.finite && c.By == byTime && s.quick
		go s.returnPatient(env.Stopping())
		if c.Mode == modeLeader {
			return s.lead(ctx, env)
		}
		return s.joinOthers(ctx, env)
	})
	env.OnClose(sync.OnceValue(func() error {
		s.stopTimer()
		return s.leaveOthers()
	}))
	return func(next pipeline.Handler) pipeline.Handler {
		return func(ctx context.Context, e *pipeline.Event) error { return s.handle(ctx, e, next) }
	}, nil
}

func (s *stage) handle(ctx context.Context, e *pipeline.Event, next pipeline.Handler) error {
	if e.Key == "" {
		return s.passUnkeyed(ctx, e, next)
	}
	if e.Time.IsZero() && s.config.By == byTime && s.config.NoTime == viaDeadLetter {
		return pipeline.Reject(errors.New("the event has no time"))
	}
	if s.turnstile != nil {
		return s.handleShared(ctx, e, pipeline.Await(next))
	}
	w, err := s.enter(ctx, e, next)
	if err != nil {
		return err
	}
	if s.isNumbered() {
		s.follower.Enter(ctx)
	}
	s.takeIn()
	if w.patient {
		w.begin()
		return pipeline.ErrLater
	}
	if err := s.await(ctx, w); err != nil {
		return err
	}
	return s.goOn(ctx, w, next)
}

// goOn passes an event on whose turn it is.
func (s *stage) goOn(ctx context.Context, w *waiter, next pipeline.Handler) error {
	if goesOn, err := s.judge(w); !goesOn {
		w.judged = true // it is none of those that its key waits for
		s.done(w, true, pipeline.DeadLettered(ctx))
		return err
	}
	if !s.leads() {
		s.done(w, false, pipeline.DeadLettered(ctx))
		return pipeline.ErrReturned
	}
	s.markEvent(w)
	return pipeline.Then(ctx, w.event, next, func(err error) error {
		s.done(w, err == nil, pipeline.DeadLettered(ctx))
		return err
	})
}

func (s *stage) passUnkeyed(ctx context.Context, e *pipeline.Event, next pipeline.Handler) error {
	if s.config.NoKey == viaDeadLetter {
		return pipeline.Reject(errors.New("the event has no key"))
	}
	e.SetMeta(pipeline.MarkUnkeyed, "true")
	return next(ctx, e)
}

// await holds the event until it is its turn. An error means that it goes back.
func (s *stage) await(ctx context.Context, w *waiter) error {
	if !s.mustWait(w) {
		return w.refused
	}
	giveBack := w.hold.Begin()
	select {
	case <-w.turn:
		return w.refused
	case <-giveBack:
		if s.withdraw(w) {
			return pipeline.ErrReturned
		}
	case <-ctx.Done():
		if s.withdraw(w) {
			return ctx.Err()
		}
	}
	<-w.turn // it came at the same moment
	return w.refused
}
