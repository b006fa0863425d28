// Package mapstage changes single fields of an event, without code. It is the
// stage map.
//
// The event goes on with its fields changed; every byte outside of them stays
// as it came in. When one of the changes cannot be made none is, and the event
// is rejected: it goes to the dead letters as it was.
//
// The package is not called map because that is a word of Go.
package mapstage

import (
	"context"
	"errors"

	"github.com/leat-io/leat/pipeline"
)

// Config is the settings of the stage.
//
// The work is done in the order set, rename, replace, delete, and within each
// in the order written, so that a value can be taken from a field that is
// deleted afterwards.
type Config struct {
	// Set gives places new values, as place: value.
	//
	// The place is a field such as body.station.name, whose missing objects are
	// made; metadata such as meta.shop or meta["sns.shopId"]; or id, key, type
	// or time. The marks of leat itself, meta["leat.…"], cannot be changed.
	//
	// The value is an expression, which sees the event as it was before this
	// stage, or a constant: a number, true, false or null. Text is written in
	// two kinds of quotes, '"delivered"', because it is an expression too. A
	// field that only takes over another one gets it as it is spelt, with all
	// digits of a number.
	//
	// An id, key, type or time must not become null; time takes a time or RFC
	// 3339 text. Metadata that becomes null is deleted.
	Set Assignments `yaml:"set"`
	// Rename gives fields other names in the same object, as path: name. A
	// field that has the new name already is replaced. A path that is not there
	// is left alone.
	Rename Renames `yaml:"rename"`
	// Replace changes parts of texts.
	Replace []Replacement `yaml:"replace,one"`
	// Delete lists fields and metadata that are removed. That one is not there
	// is no error. Metadata is not removed from the message as the source has
	// it, but its text is empty from here on.
	Delete []Place `yaml:"delete,one"`
}

// Stage is the declaration of the stage.
var Stage = pipeline.DefineStage("map", Config{}, New).Passes()

// New builds the stage.
func New(c Config, _ *pipeline.Env) (pipeline.Stage, error) {
	return pipeline.Map(func(_ context.Context, e *pipeline.Event) error { return c.change(e) }), nil
}

// change works on a copy, so that e is as it was when a change fails.
func (c *Config) change(e *pipeline.Event) error {
	out := e.Clone()
	for _, step := range [...]func(*pipeline.Event) error{c.Set.apply, c.Rename.apply, c.replace, c.delete} {
		if err := step(out); err != nil {
			return pipeline.Reject(err)
		}
	}
	*e = *out
	return nil
}

func (c *Config) delete(e *pipeline.Event) error {
	for _, p := range c.Delete {
		if err := p.remove(e); err != nil {
			return err
		}
	}
	return nil
}

// Traits tells check which parts of an event's identity are set here.
func (c Config) Traits() pipeline.Traits {
	return pipeline.Traits{SetsID: c.Set.has("id"), SetsKey: c.Set.has("key"), SetsTime: c.Set.has("time"), Local: true}
}

// Validate checks that there is something to do.
func (c Config) Validate() error {
	if len(c.Set.list)+len(c.Rename.list)+len(c.Replace)+len(c.Delete) == 0 {
		return errors.New("nothing to do: give it set, rename, replace or delete")
	}
	return nil
}
