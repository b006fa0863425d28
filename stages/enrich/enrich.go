// Package enrich adds to an event what a file, Redis or an HTTP service knows about it, such as the name of a station to its code.
//
// An event for which there is a value goes on with it as a field of its body; the
// rest of its bytes stays as it is. One for which there is none goes on as it is,
// unless the settings say otherwise, and is counted.
//
// A file is read when the pipeline is built, and again when it has changed.
package enrich

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/leat-io/leat/internal/webcall"
	"github.com/leat-io/leat/pipeline"
)

// Stage is the declaration of the stage.
var Stage = pipeline.DefineStage("enrich", defaults, New).Passes()

// place is where values come from.
type place interface {
	// find returns the JSON that belongs to an event, or false when there is none.
	find(ctx context.Context, e *pipeline.Event) (value []byte, found bool, err error)
	// missed says what was not found for an event.
	missed(e *pipeline.Event) string
}

// New builds the stage. It reads the file, so that check reports one that is
// missing or broken; it connects to nothing before the first event.
func New(c Config, env *pipeline.Env) (pipeline.Stage, error) {
	from, err := open(c, env)
	if err != nil {
		return nil, err
	}
	return pipeline.Map(newStage(from, c, env).enrich), nil
}

func open(c Config, env *pipeline.Env) (place, error) {
	switch {
	case c.Redis.URL != "":
		return openRedis(c, env)
	case !c.HTTP.URL.IsZero():
		return openHTTP(c, env, webcall.NewTransport())
	}
	return openFile(c, env)
}

// stage adds values to events.
type stage struct {
	from             place
	config           Config
	misses, failures *pipeline.Counter
	trouble          *trouble
}

func newStage(from place, c Config, env *pipeline.Env) *stage {
	return &stage{
		from: from, config: c, misses: env.Counter("misses"), failures: env.Counter("lookups_failed"),
		trouble: &trouble{clock: env.Clock, log: env.Log},
	}
}

func (s *stage) enrich(ctx context.Context, e *pipeline.Event) error {
	value, found, err := s.from.find(ctx, e)
	switch {
	case err != nil:
		return s.failed(ctx, err)
	case found:
		return s.set(e, json.RawMessage(value))
	}
	s.misses.Inc()
	return s.miss(e)
}

// failed decides what becomes of an event that could not be looked up. One that goes
// back to its source is not among them.
func (s *stage) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, pipeline.ErrReturned) {
		return err
	}
	s.failures.Inc()
	switch s.config.OnFailure {
	case pass:
		s.trouble.tell(err)
		return nil
	case reject:
		return pipeline.Reject(err)
	}
	return err
}

func (s *stage) miss(e *pipeline.Event) error {
	switch {
	case s.config.Default != nil:
		return s.set(e, s.config.Default)
	case s.config.OnMiss == reject:
		return pipeline.Reject(errors.New(s.from.missed(e)))
	}
	return nil
}

func (s *stage) set(e *pipeline.Event, v any) error {
	if err := e.Set(s.config.As.Path, v); err != nil {
		return pipeline.Reject(err)
	}
	return nil
}
