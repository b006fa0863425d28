package snshttp

import (
	"context"

	"github.com/leat-io/leat/internal/snssig"
)

// subscription deals with a message about a subscription, which ends here: its
// token and URLs are secrets. It returns nil when SNS need not send it again.
func (r *receiver) subscription(ctx context.Context, kind string, env *snssig.Envelope) *refusal {
	topic := beginning(env.Text("TopicArn"))
	switch {
	case kind == snssig.UnsubscribeConfirmation:
		r.note(ended, "topic", topic)
		return nil
	case r.judge.confirmer == nil:
		r.note(ignored, "topic", topic)
		return nil
	}
	return r.confirm(ctx, topic, env)
}

// confirm confirms a subscription. When that takes longer than the sender waits,
// it goes on, and the next attempt finds it done.
func (r *receiver) confirm(ctx context.Context, topic string, env *snssig.Envelope) *refusal {
	subscription, err := r.judge.confirmer.Confirm(ctx, env, r.clock.Now())
	switch {
	case err == nil:
		r.note(confirmed)
		r.log.Info("subscription confirmed", "topic", topic, "subscription", subscription)
		return nil
	case snssig.Permanent(err):
		return unconfirmed.because(err)
	}
	return unvisited.because(err)
}

// beginning is as much of a text from outside as a log needs.
func beginning(text string) string { return text[:min(len(text), 300)] }
