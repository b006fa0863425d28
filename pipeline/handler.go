// Package pipeline carries events from sources, through stages, to sinks, and
// loses none of them on the way.
//
// Start reading at [Handler] and [Stage]: everything else builds on those two.
// A flow is a chain of stages that ends in a sink; its source forgets an event
// only after the chain returned nil for it. See docs/ARCHITECTURE.md for the
// life of an event and the file map.
package pipeline

import (
	"context"
	"errors"
	"time"
)

// Handler takes responsibility for an event.
//
// A nil error means the event is settled: everything downstream has stored,
// delivered or deliberately dropped it, so its source may forget it. Any other
// error means it is not, and the source must offer it again.
//
// A handler may keep e until it returns, and must not use it afterwards.
type Handler func(ctx context.Context, e *Event) error

// Stage wraps the rest of the flow. It may act before next, after it, instead
// of it, or call it several times. It calls next from its own goroutine, with
// the context it was given or one made from that, and for one event at a time;
// [Each] runs several. A stage that has to wait says so with [Held] or [Yield],
// so that the events behind it are not kept waiting too.
type Stage func(next Handler) Handler

// Chain joins stages into one. The first stage sees the event first.
func Chain(stages ...Stage) Stage {
	return func(next Handler) Handler {
		for i := len(stages) - 1; i >= 0; i-- {
			next = stages[i](next)
		}
		return next
	}
}

// FlatMap makes a stage from a function that turns one event into any number
// of events: none drops it (it is settled), one replaces it, several are
// children that run as in [Each]. The original is settled once all of them are.
// f must leave its event unchanged when it fails, because it is then called
// again with the same event, or the event goes to the dead letters as it is.
func FlatMap(f func(ctx context.Context, e *Event) ([]*Event, error)) Stage {
	return func(next Handler) Handler {
		return func(ctx context.Context, e *Event) error {
			out, err := f(ctx, e)
			if err != nil {
				return err
			}
			return Each(ctx, out, next)
		}
	}
}

// Map makes a stage from a function that changes an event in place. What
// [FlatMap] says of failures holds here too.
func Map(f func(ctx context.Context, e *Event) error) Stage {
	return func(next Handler) Handler {
		return func(ctx context.Context, e *Event) error {
			if err := f(ctx, e); err != nil {
				return err
			}
			return next(ctx, e)
		}
	}
}

// Reject marks err as permanent: offering the event again cannot help. The
// event goes to the dead letters, or back to its source when the flow has none.
func Reject(err error) error {
	if err == nil || Rejected(err) {
		return err
	}
	return &rejection{err}
}

// Rejected reports whether err is permanent, see [Reject].
func Rejected(err error) bool {
	var r *rejection
	return errors.As(err, &r)
}

type rejection struct{ err error }

func (r *rejection) Error() string { return r.err.Error() }
func (r *rejection) Unwrap() error { return r.err }

// RetryAfter marks err as one that will not pass before d is over, as an HTTP
// server says with its Retry-After header. The event is offered again no
// earlier than that.
func RetryAfter(err error, d time.Duration) error { return &deferral{err, d} }

type deferral struct {
	err error
	d   time.Duration
}

func (r *deferral) Error() string { return r.err.Error() }
func (r *deferral) Unwrap() error { return r.err }

// ErrReturned is the error of an event that goes back to its source because the
// flow stops, or because of another event. Nothing is wrong with it.
var ErrReturned = errors.New("handed back to the source")
