package pipeline

import (
	"context"
	"errors"
	"time"
)

// Watcher is told what the stages of a pipeline do with each event, for tools that show it
// to people; see [Options].Watch. Its methods are called concurrently, and for an event in
// this order: Enter, Pass for each event that the stage gives on, and Leave once all of
// them are settled or have failed. They may look at the event, which others change as soon
// as they return.
type Watcher interface {
	// Enter is told that an event has come to a stage. The stage gets the context returned,
	// which must be made from ctx.
	Enter(ctx context.Context, at Watched, e *Event) context.Context
	// Pass is told that the stage gives an event to the next one, which gets the context
	// returned. ctx is made from what Enter returned.
	Pass(ctx context.Context, e *Event) context.Context
	// Leave is told what became of the event that had entered, with the context of Enter.
	// failed is the stage's own error, and not one from further on.
	Leave(ctx context.Context, err, failed error)
}

// Watched is a stage as a [Watcher] sees it.
type Watched struct {
	Flow, Stage string
	Type        string // of the stage
	Detail      string // its settings in a line
	// Holds is for how long the stage may hold an event.
	Holds time.Duration
}

// watched has the watcher see what passes a stage. Without one the stage stays as it is, so
// that a pipeline that nobody watches pays nothing.
func (b *fileBuilder) watched(flow string, s *builtStage) {
	w, stage := b.options.Watch, s.stage
	if w == nil || stage == nil {
		return
	}
	at := Watched{Flow: flow, Stage: s.address, Type: s.given.name, Detail: brief(s.given), Holds: s.traits.Holds}
	s.stage = func(next Handler) Handler {
		inner := stage(func(ctx context.Context, e *Event) error { return next(w.Pass(ctx, e), e) })
		return func(ctx context.Context, e *Event) error {
			ctx = w.Enter(ctx, at, e)
			return Then(ctx, e, inner, func(err error) error {
				w.Leave(ctx, err, b.p.tellable(e, ownError(err)))
				return err
			})
		}
	}
}

// ownError is the error of a stage if it is not one from further on.
func ownError(err error) error {
	if isReturned(err) || errors.Is(err, ErrReturned) {
		return nil
	}
	return err
}
