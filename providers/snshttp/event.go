package snshttp

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"

	"github.com/leat-io/leat/internal/snssig"
	"github.com/leat-io/leat/pipeline"
)

// event returns the event that a body brings, nil if it is about a subscription
// and was dealt with here.
func (r *receiver) event(ctx context.Context, h http.Header, body []byte) (*pipeline.Event, *refusal) {
	if r.config.Raw && isRaw(h) {
		return r.rawEvent(h, body)
	}
	env := &snssig.Envelope{}
	err := env.Read(body, pipeline.MaxDepth)
	if err == nil && env.Type() == "" {
		err = env.NotEnvelope()
	}
	if err != nil {
		return nil, noEnvelope(h, err)
	}
	if err := r.judge.accept(ctx, env); err != nil {
		return nil, err
	}
	if kind := env.Type(); kind != snssig.Notification {
		return nil, r.subscription(ctx, kind, env)
	}
	return r.notification(env, body)
}

// noEnvelope is the refusal of what is not an envelope. If it is a raw delivery,
// somebody has to change a setting, here or there, while SNS still has it.
func noEnvelope(h http.Header, err error) *refusal {
	if isRaw(h) {
		return unasked.because(nil)
	}
	return malformed.because(err)
}

func (r *receiver) notification(env *snssig.Envelope, body []byte) (*pipeline.Event, *refusal) {
	message, ok := env.Message()
	if !ok {
		return nil, malformed.because(errors.New("it has no Message"))
	}
	id := env.Text("MessageId")
	if id == "" { // which is not verified
		id = hash(body)
	}
	var e *pipeline.Event
	if r.config.Unwrap {
		e = pipeline.NewEvent(id, message)
	} else {
		e = pipeline.NewEvent(id, body)
		e.SetJSON(body)
	}
	e.Received = r.clock.Now()
	e.AddMeta(snssig.Metadata{Envelope: env})
	return e, nil
}

// hash is the id of a message that comes without one, so that the same message
// has the same id.
func hash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:16])
}

// Headers that SNS sends. Nobody has signed them.
const (
	headerRaw          = "X-Amz-Sns-Rawdelivery"
	headerType         = "X-Amz-Sns-Message-Type"
	headerID           = "X-Amz-Sns-Message-Id"
	headerTopic        = "X-Amz-Sns-Topic-Arn"
	headerSubscription = "X-Amz-Sns-Subscription-Arn"
)

// isRaw reports whether the body is a Message without its envelope. Messages
// about subscriptions never come that way.
func isRaw(h http.Header) bool {
	kind := h.Get(headerType)
	return strings.EqualFold(h.Get(headerRaw), "true") && (kind == "" || kind == snssig.Notification)
}

func (r *receiver) rawEvent(h http.Header, body []byte) (*pipeline.Event, *refusal) {
	if err := r.judge.allow(h.Get(headerTopic)); err != nil {
		return nil, err
	}
	id := h.Get(headerID)
	if id == "" {
		id = hash(body)
	}
	e := pipeline.NewEvent(id, body)
	e.Received = r.clock.Now()
	for name, header := range map[string]string{"sns.TopicArn": headerTopic, "sns.MessageId": headerID, "sns.SubscriptionArn": headerSubscription} {
		if v := h.Get(header); v != "" {
			e.SetMeta(name, v)
		}
	}
	return e, nil
}
