// Package split makes one event of each item of a list, or of several.
//
// The items run concurrently, and the message is settled when all of them are;
// when it comes again after a failure, dedupe behind the split lets only those
// through that failed. An item is a piece of the message's bytes, unchanged. Its
// id is that of the message with #index, its metadata that of the message.
package split

import (
	"context"

	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/pipeline"
)

// Stage declares the split stage.
var Stage = pipeline.DefineStage("split", Config{Missing: reject, Max: 10_000}, New).Passes()

// Config is the split stage's part of pipeline.yaml.
type Config struct {
	// The field that holds the list, such as body.events, or several, whose items
	// follow one another in the order given here; null counts as not there. A
	// message whose lists are all empty is settled and counted as dropped.
	Each []pipeline.Path `yaml:"each,required,short,one"`
	// What happens to a message that has none of the fields: reject, or pass,
	// with which it goes on as it is. A field that holds anything else but a list
	// is rejected always.
	Missing string `yaml:"missing" values:"reject pass"`
	// How many items the lists of a message may have together. A message with more
	// is rejected as a whole.
	Max int `yaml:"max"`
}

const (
	reject = "reject"
	pass   = "pass"
)

// Validate reports settings that cannot work.
func (c Config) Validate() error {
	switch {
	case len(c.Each) == 0:
		return pipeline.FieldError("each", "the list is empty: name a field such as body.events")
	case c.Max < 1:
		return pipeline.FieldError("max", "must be at least 1")
	}
	return nil
}

// Traits tells check what the stage does.
func (c Config) Traits() pipeline.Traits { return pipeline.Traits{Splits: true, Local: true} }

// New builds the stage.
func New(c Config, env *pipeline.Env) (pipeline.Stage, error) {
	empty, messages, items := env.Counter(pipeline.CountDropped), env.Counter(pipeline.CountSplit), env.Counter(pipeline.CountParts)
	return pipeline.FlatMap(func(_ context.Context, e *pipeline.Event) ([]*pipeline.Event, error) {
		lists, err := c.lists(e)
		switch {
		case err != nil:
			return nil, err
		case len(lists) == 0:
			return []*pipeline.Event{e}, nil
		}
		parts, err := c.parts(e, lists)
		switch {
		case err != nil:
			return nil, err
		case len(parts) == 0:
			empty.Inc()
			return nil, nil
		}
		messages.Inc()
		items.Add(len(parts))
		return parts, nil
	}), nil
}

// parts makes the events of the items of all lists, whose indexes run on.
func (c *Config) parts(e *pipeline.Event, lists [][]byte) ([]*pipeline.Event, error) {
	parts := make([]*pipeline.Event, 0, 4)
	for _, list := range lists {
		for item := range rawjson.Elements(list) {
			part := e.Child(len(parts), item)
			part.SetJSON(item)
			if parts = append(parts, part); len(parts) > c.Max {
				return nil, pipeline.Reject(c.tooMany())
			}
		}
	}
	return parts, nil
}
