// Package identify sets what an event is called, which entity it belongs to and
// when it happened. The payload stays as it is.
package identify

import (
	"context"

	"github.com/leat-io/leat/pipeline"
)

// Stage declares the identify stage.
var Stage = pipeline.DefineStage("identify", Config{}, New).Passes()

// Config is the identify stage's part of pipeline.yaml. What is not given stays
// as it was.
type Config struct {
	// What tells the event apart from others: an expression, or a list of
	// expressions whose values together do, null being a value too. The values of
	// a list are joined with |; a | or \ in one gets a \ in front, and null is \N.
	// When all of them are null, or a single one is null or empty, the event keeps
	// the id it has; one that has none is called by a hash of its bytes. Leave
	// out nothing that may differ: events with the same id count as copies.
	ID pipeline.Identity `yaml:"id"`
	// The kind of event: an expression, or a list of rules of which the first
	// counts that gives something.
	Type []TypeRule `yaml:"type,one"`
	// The entity whose events must stay in order, such as a parcel: an expression,
	// or a list of rules of which the first counts that gives something. Without
	// one the event has no key.
	Key []KeyRule `yaml:"key,one"`
	// When it happened: one rule or a list of them, of which the first counts
	// that can be read. Without one the event has no time.
	Time []TimeRule `yaml:"time,one"`
}

// Traits tells check what the stage sets.
func (c Config) Traits() pipeline.Traits {
	return pipeline.Traits{SetsID: !c.ID.IsZero(), SetsKey: len(c.Key) > 0, SetsTime: len(c.Time) > 0, Keeps: true, Local: true}
}

// New builds the stage.
func New(c Config, env *pipeline.Env) (pipeline.Stage, error) {
	times := newWatch(env)
	readers := make([]reader, len(c.Time))
	for i := range c.Time {
		readers[i] = newReader(&c.Time[i])
	}
	return pipeline.Map(func(_ context.Context, e *pipeline.Event) error {
		found := identity{id: e.ID, key: e.Key, kind: e.Type, time: e.Time}
		if err := found.read(e, &c, readers); err != nil {
			return err
		}
		found.apply(e)
		if len(readers) > 0 && found.time.IsZero() {
			times.missed(found.unread)
		}
		return nil
	}), nil
}
