// Package plugins is for those who write plugins: business logic that leat runs as a
// process of its own, so that it can be changed without leat, and cannot take a flow
// with it when it fails.
//
// A plugin is a program whose main calls [Serve] with one function:
//
//	func main() { plugins.Serve(estimate) }
//
//	func estimate(ctx context.Context, e *plugins.Event) ([]*plugins.Event, error) {
//		var parcel struct{ Station string }
//		if err := e.JSON(&parcel); err != nil {
//			return nil, plugins.Reject(err)
//		}
//		…
//		return []*plugins.Event{e}, nil
//	}
//
// The function is tested as any other: call it with [NewEvent]. [InProcess] makes a
// stage of it for programs that embed leat.
package plugins

import (
	"context"
	"errors"
	"time"
)

// Handler is what a plugin does with an event. It is called for many events at the same
// time.
//
// It returns the events that go on: e itself, changed or not, any number of others that
// were made with [Event.Child], or none, which drops e. As a sink it returns nil once e
// is delivered; events are then not looked at. With an error nothing goes on:
//
//   - [Drop]: e ends here, as it should, and the reason is counted
//   - [Reject]: e can never be handled and goes to the dead letters
//   - [RetryAfter]: e is offered again, not before the time given
//   - any other: e is offered again after a while
//
// The context ends when the event's time is up, or the plugin has to end; leat has then
// given the event up and offers it again, so that an answer is not looked at any more.
type Handler func(ctx context.Context, e *Event) ([]*Event, error)

// Map makes a handler of a function that changes an event in place.
func Map(f func(ctx context.Context, e *Event) error) Handler {
	return func(ctx context.Context, e *Event) ([]*Event, error) {
		if err := f(ctx, e); err != nil {
			return nil, err
		}
		return []*Event{e}, nil
	}
}

// Drop says that an event ends here, and why.
func Drop(reason string) error { return &drop{reason} }

type drop struct{ reason string }

func (d *drop) Error() string { return "dropped: " + d.reason }

// asDrop is the drop that err is, perhaps with words around it. One that is joined with
// other errors is none: something has failed.
func asDrop(err error) *drop {
	for ; err != nil; err = errors.Unwrap(err) {
		if d, ok := err.(*drop); ok {
			return d
		}
	}
	return nil
}

// Reject marks err as permanent: offering the event again cannot help.
func Reject(err error) error {
	if err == nil {
		return nil
	}
	return &rejection{err}
}

type rejection struct{ err error }

func (r *rejection) Error() string { return r.err.Error() }
func (r *rejection) Unwrap() error { return r.err }

// Rejected reports whether err is permanent, see [Reject].
func Rejected(err error) bool {
	var r *rejection
	return errors.As(err, &r)
}

// RetryAfter marks err as one that will not pass before d is over.
func RetryAfter(err error, d time.Duration) error {
	if err == nil {
		return nil
	}
	return &deferral{err, d}
}

type deferral struct {
	err error
	d   time.Duration
}

func (r *deferral) Error() string { return r.err.Error() }
func (r *deferral) Unwrap() error { return r.err }
