// Package snsunwrap takes the message out of an SNS envelope.
//
// The payload becomes the envelope's Message, the id its MessageId (which SNS
// keeps when it sends a message again), and its attributes become metadata:
// sns.NAME for each MessageAttribute, beside sns.TopicArn, sns.MessageId,
// sns.Timestamp and sns.Subject. Confirmations of subscriptions are dropped and
// logged. What is not an envelope is rejected.
package snsunwrap

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/pipeline"
)

// Stage declares the snsunwrap stage.
var Stage = pipeline.DefineStage("snsunwrap", Config{Verify: true, MaxDepth: pipeline.MaxDepth}, New)

// Config is the snsunwrap stage's part of pipeline.yaml.
type Config struct {
	// Whether the envelope's signature is checked. Checking is not available
	// yet, so that it has to be switched off in so many words: anybody who can
	// write to the source can then pass for SNS.
	Verify bool `yaml:"verify"`
	// How deep the envelope may be nested.
	MaxDepth int `yaml:"max_depth"`
}

// Validate reports settings that cannot work.
func (c Config) Validate() error {
	if c.Verify {
		return pipeline.FieldError("verify", "signatures cannot be checked yet: write verify: false if only trusted senders can write to the source")
	}
	if c.MaxDepth < 2 {
		return pipeline.FieldError("max_depth", "must be at least 2")
	}
	return nil
}

// Traits tells check what the stage does.
func (c Config) Traits() pipeline.Traits { return pipeline.Traits{SetsID: true} }

type stage struct {
	maxDepth int
	log      *slog.Logger
	dropped  *pipeline.Counter
}

// New builds the stage.
func New(c Config, env *pipeline.Env) (pipeline.Stage, error) {
	s := &stage{c.MaxDepth, env.Log, env.Counter(pipeline.CountDropped)}
	return func(next pipeline.Handler) pipeline.Handler {
		return func(ctx context.Context, e *pipeline.Event) error {
			goesOn, err := s.unwrap(e)
			if err != nil || !goesOn {
				return err
			}
			return next(ctx, e)
		}
	}, nil
}

// unwrap changes e into the message it carries. It returns false for a message
// of SNS itself, which ends here.
func (s *stage) unwrap(e *pipeline.Event) (bool, error) {
	raw, err := e.Bytes()
	if err != nil {
		return false, err
	}
	env := &envelope{}
	if err := env.fields.CheckIndex(raw, s.maxDepth); err != nil {
		return false, pipeline.Reject(fmt.Errorf("payload is not JSON: %w", err))
	}
	switch kind := env.text("Type"); kind {
	case "Notification":
		return true, env.open(e)
	case "SubscriptionConfirmation", "UnsubscribeConfirmation":
		s.dropped.Inc()
		s.log.Warn("SNS asks about a subscription; it is not answered from here, confirm it in the SNS console", "type", kind, "topic", env.text("TopicArn"))
		return false, nil
	case "":
		return false, pipeline.Reject(errors.New("not an SNS envelope: it has no Type"))
	default:
		return false, pipeline.Reject(fmt.Errorf("not an SNS envelope: its Type is %.40q", kind))
	}
}

// open replaces the payload by the message and keeps the rest as metadata.
func (env *envelope) open(e *pipeline.Event) error {
	message, ok := env.fields.Get("Message")
	if !ok || rawjson.KindOf(message) != rawjson.String {
		return pipeline.Reject(errors.New("the SNS envelope has no Message"))
	}
	e.AddMeta(env)
	if id := env.text("MessageId"); id != "" {
		e.ID = id
	}
	e.SetBytes(rawjson.AppendText(make([]byte, 0, len(message)), message))
	return nil
}
