package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
)

// AddTo adds the pipeline's flows to a router of the caller's and opens what
// they need; the router's Run then moves the events. Call the returned close
// function after the router has stopped.
//
// The router must not cut holds short: set its CloseTimeout above the
// pipeline's stop timeout, and keep the Timeout, Retry and PoisonQueue middlewares
// off these handlers (a timeout would cancel events that are held on purpose; the
// flow tries again by itself, and what it returns is for the source; a poison
// queue would take what it wants to have offered again).
func (p *Pipeline) AddTo(ctx context.Context, r *message.Router) (close func() error, err error) {
	if err := p.start(ctx); err != nil {
		return nil, err
	}
	var gates []*gate
	for _, f := range p.flows {
		gates = append(gates, f.addTo(r)...)
	}
	for _, g := range gates {
		g.foreign = true
	}
	return func() error { return errors.Join(finishAll(gates), p.failed(), p.close()) }, nil
}

// FromSubscriber makes a source of a plain Watermill subscriber. What it can do
// has to be said in s: many subscribers keep only one message in flight, and
// nothing can be put in order behind those.
func FromSubscriber(sub message.Subscriber, topic string, s Source) *Source {
	s.Subscriber, s.Topic = sub, topic
	return &s
}

// ToPublisher makes a sink of a Watermill publisher. The event is settled when
// Publish returns nil. Its metadata, id, key and time become the message's
// metadata; its id becomes the message's UUID.
func ToPublisher(pub message.Publisher, topic string) Handler {
	return func(ctx context.Context, e *Event) error {
		m, err := ToMessage(ctx, e)
		if err != nil {
			return err
		}
		return pub.Publish(topic, m)
	}
}

// ToMessage returns e as a Watermill message.
func ToMessage(ctx context.Context, e *Event) (*message.Message, error) {
	raw, err := e.Bytes()
	if err != nil {
		return nil, err
	}
	m := message.NewMessageWithContext(ctx, e.ID, raw)
	for k, v := range e.AllMeta() {
		m.Metadata.Set(k, v)
	}
	for k, v := range e.headers() {
		m.Metadata.Set(k, v)
	}
	return m, nil
}

// FromMiddleware makes a stage of a Watermill handler middleware. The middleware
// sees a message with the event's payload and metadata; changes to those reach
// the event. What the middleware does not pass on counts as settled when it
// returns no error, as with a router.
func FromMiddleware(mw message.HandlerMiddleware) Stage {
	return func(next Handler) Handler {
		return func(ctx context.Context, e *Event) error {
			in, err := ToMessage(ctx, e)
			if err != nil {
				return err
			}
			before := in.Copy() // a middleware may change the message it is given
			produced, err := mw(func(m *message.Message) ([]*message.Message, error) {
				return nil, next(m.Context(), fromMessage(e.Clone(), before, m))
			})(in)
			if err == nil && len(produced) > 0 {
				return Reject(errors.New("the middleware produced messages, and a stage has no publisher for them"))
			}
			return err
		}
	}
}

// fromMessage returns e as the middleware passed it on. It changes e, of which
// each call of a middleware that calls again needs its own.
func fromMessage(e *Event, before, m *message.Message) *Event {
	if string(before.Payload) != string(m.Payload) {
		e.SetBytes(m.Payload)
	}
	for k, v := range m.Metadata {
		if old, there := before.Metadata[k]; !there || v != old {
			e.SetMeta(k, v)
		}
	}
	return e
}

// ToMiddleware makes a Watermill handler middleware of a stage, for routers that
// have no flows; [NewEnv] gives an env to build the stage with. The handler
// behind it must not produce messages: the router would publish them after the
// stage has returned, so that a failed publish would come too late for it.
func ToMiddleware(s Stage) message.HandlerMiddleware {
	return func(h message.HandlerFunc) message.HandlerFunc {
		handle := s(func(ctx context.Context, e *Event) error {
			m, err := ToMessage(ctx, e)
			if err != nil {
				return err
			}
			produced, err := h(m)
			if err == nil && len(produced) > 0 {
				return fmt.Errorf("a handler behind a stage must publish by itself; it returned %d messages", len(produced))
			}
			return err
		})
		return func(m *message.Message) ([]*message.Message, error) {
			return nil, Each(m.Context(), eventsOf(m, System.Now()).events, handle)
		}
	}
}

// quietLogger passes on what Watermill's router knows and the engine does not
// report itself: a panic in a handler, a subscriber that does not close.
type quietLogger struct{ log *slog.Logger }

func (q quietLogger) Error(msg string, err error, fields watermill.LogFields) {
	if msg == "Handler returned error" || msg == "All handlers stopped, closing router" {
		return
	}
	q.log.Error(msg, "error", err, "watermill", fields)
}
func (q quietLogger) Info(string, watermill.LogFields)                 {}
func (q quietLogger) Debug(string, watermill.LogFields)                {}
func (q quietLogger) Trace(string, watermill.LogFields)                {}
func (q quietLogger) With(watermill.LogFields) watermill.LoggerAdapter { return q }
