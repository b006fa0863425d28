package snsunwrap

import (
	"context"
	"errors"
	"time"

	"github.com/leat-io/leat/internal/snssig"
	"github.com/leat-io/leat/pipeline"
)

const (
	firstPause, lastPause = time.Second, time.Minute
	// tokenLife is how long SNS takes the token of a confirmation.
	tokenLife = 72 * time.Hour
)

// subscription deals with a message of SNS about a subscription. It settles it
// or hands it back, and never fails: the engine would put what fails for too long
// among the dead letters, with the token in it.
func (s *stage) subscription(ctx context.Context, kind string, env *snssig.Envelope) error {
	topic := beginning(env.Text("TopicArn"))
	if kind == snssig.SubscriptionConfirmation && s.confirmer != nil {
		return s.confirm(ctx, topic, env)
	}
	s.dropped.Inc()
	switch {
	case kind == snssig.UnsubscribeConfirmation:
		s.log.Warn("SNS says that a subscription was ended; to begin it again, subscribe again", "type", kind, "topic", topic)
	case !s.topics.Empty() && s.topics.Allow(env.Text("TopicArn")) != nil:
		s.log.Warn("SNS asks to confirm a subscription to a topic that is not allowed here; it is not confirmed", "type", kind, "topic", topic)
	default:
		s.log.Warn("SNS asks to confirm a subscription; it is not confirmed from here: confirm it in the SNS console, or have it done with verify, topics and confirm: true", "type", kind, "topic", topic)
	}
	return nil
}

// confirm confirms a subscription. While SNS does not answer it holds the
// message; events behind it go on.
func (s *stage) confirm(ctx context.Context, topic string, env *snssig.Envelope) error {
	begun := s.clock.Now()
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		subscription, err := s.confirmer.Confirm(ctx, env, s.clock.Now())
		switch {
		case err == nil:
			s.dropped.Inc()
			s.confirmed.Inc()
			s.log.Info("subscription confirmed", "topic", topic, "subscription", subscription)
			return nil
		case ctx.Err() != nil:
			return pipeline.ErrReturned
		case snssig.Permanent(err) || s.clock.Now().Sub(begun) > tokenLife:
			s.dropped.Inc()
			s.refused.Inc()
			s.log.Warn("subscription not confirmed; the message that asks for it is dropped", "topic", topic, "error", err)
			return nil
		case pause == firstPause:
			s.log.Warn("subscription not confirmed yet; trying again", "topic", topic, "error", err)
		}
		if !s.rest(ctx, max(pause, after(err))) {
			return pipeline.ErrReturned
		}
	}
}

// rest waits, and reports false if the message has to be handed back instead.
// Stages behind that wait for earlier messages do not wait for this one, which
// will not come to them.
func (s *stage) rest(ctx context.Context, d time.Duration) bool {
	hold := pipeline.NewHold(ctx)
	defer hold.End()
	giveBack := hold.BeginBehind()
	select {
	case <-giveBack:
		return false
	default:
	}
	return pipeline.Sleep(ctx, s.clock, d, giveBack)
}

func after(err error) time.Duration {
	var e *snssig.Error
	if errors.As(err, &e) {
		return e.After
	}
	return 0
}

// beginning is as much of a text from outside as a log needs.
func beginning(text string) string { return text[:min(len(text), 300)] }
