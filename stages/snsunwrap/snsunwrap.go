// Package snsunwrap takes the message out of an SNS envelope.
//
// The payload becomes the envelope's Message, the id its MessageId (which SNS
// keeps when it sends a message again), and its attributes become metadata:
// sns.NAME for each MessageAttribute, beside sns.TopicArn, sns.MessageId,
// sns.Timestamp and sns.Subject. Attributes are not covered by the signature, and
// more than 1,000 of them do not count.
// Confirmations of subscriptions end here. What is not an envelope is rejected.
package snsunwrap

import (
	"context"
	"errors"
	"log/slog"

	"github.com/leat-io/leat/internal/snssig"
	"github.com/leat-io/leat/pipeline"
)

// Stage declares the snsunwrap stage.
var Stage = pipeline.DefineStage("snsunwrap", Config{Verify: true, MaxDepth: pipeline.MaxDepth}, New).Passes()

type stage struct {
	config Config
	topics snssig.Topics
	clock  pipeline.Clock
	log    *slog.Logger

	dropped, confirmed, refused *pipeline.Counter

	silence   *snssig.Silence
	verifier  *snssig.Verifier  // nil: nothing is verified
	confirmer *snssig.Confirmer // nil: nothing is confirmed
}

// New builds the stage. It reads the certificate file, so that check reports one
// that is missing or broken.
func New(c Config, env *pipeline.Env) (pipeline.Stage, error) {
	s := &stage{
		config: c, clock: env.Clock, log: env.Log, dropped: env.Counter(pipeline.CountDropped),
		confirmed: env.Counter("confirmed"), refused: env.Counter("confirmations_refused"),
	}
	s.silence = snssig.NewSilence(pipeline.AfterFuncOf(env.Clock), env.Log)
	var err error
	if s.topics, err = c.parseTopics(c.Topics); err != nil {
		return nil, pipeline.FieldError("topics", "%w", err)
	}
	if c.Verify {
		if err := s.setUp(env); err != nil {
			return nil, err
		}
	}
	return func(next pipeline.Handler) pipeline.Handler {
		return func(ctx context.Context, e *pipeline.Event) error {
			goesOn, err := s.unwrap(ctx, e)
			if err != nil || !goesOn {
				return err
			}
			return next(ctx, e)
		}
	}, nil
}

// unwrap changes e into the message it carries. It returns false for a message
// of SNS itself, which ends here.
func (s *stage) unwrap(ctx context.Context, e *pipeline.Event) (bool, error) {
	raw, err := e.Bytes()
	if err != nil {
		return false, err
	}
	env := &snssig.Envelope{}
	if err := env.Read(raw, s.config.MaxDepth); err != nil {
		return s.config.Raw, s.unlessRaw(err)
	}
	s.silence.Heard()
	switch kind := env.Type(); kind {
	case snssig.Notification:
		if err := s.accept(ctx, env); err != nil {
			return false, verdict(err)
		}
		return true, open(env, e)
	case "":
		return s.config.Raw, s.unlessRaw(env.NotEnvelope())
	default:
		return false, s.subscription(ctx, kind, env)
	}
}

// unlessRaw is the error of a payload that is no envelope.
func (s *stage) unlessRaw(err error) error {
	if s.config.Raw {
		return nil
	}
	return pipeline.Reject(err)
}

// accept returns nil for a notification that may go on.
func (s *stage) accept(ctx context.Context, env *snssig.Envelope) error {
	switch {
	case s.verifier != nil:
		return s.verifier.Verify(ctx, env, s.clock.Now())
	case !s.topics.Empty():
		return s.topics.Allow(env.Text("TopicArn"))
	}
	return nil
}

// verdict tells the engine whether it has to come again.
func verdict(err error) error {
	var e *snssig.Error
	switch {
	case !errors.As(err, &e):
		return err
	case e.Permanent:
		return pipeline.Reject(err)
	case e.After > 0:
		return pipeline.RetryAfter(err, e.After)
	}
	return err
}

// open replaces the payload by the message and keeps the rest as metadata.
func open(env *snssig.Envelope, e *pipeline.Event) error {
	message, ok := env.Message()
	if !ok {
		return pipeline.Reject(errors.New("the SNS envelope has no Message"))
	}
	e.AddMeta(snssig.Metadata{Envelope: env})
	if id := env.Text("MessageId"); id != "" {
		e.ID = id
	}
	e.SetBytes(message)
	return nil
}
