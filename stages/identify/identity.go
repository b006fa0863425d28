package identify

import (
	"time"

	"github.com/leat-io/leat/pipeline"
)

// identity is what was found before anything is changed.
type identity struct {
	id, key, kind string
	time          time.Time
	ambiguous     bool
	unread        *TimeRule // by which a text could not be read
}

// read finds the parts in the order id, type, key, time: the conditions of rules
// see those before.
func (found *identity) read(e *pipeline.Event, c *Config, readers []reader) (err error) {
	if !c.ID.IsZero() {
		if found.id, err = c.ID.Of(e); err != nil {
			return err
		}
	}
	if err := found.readType(e, c.Type); err != nil {
		return err
	}
	if err := found.readKey(e, c.Key); err != nil {
		return err
	}
	return found.readTime(e, readers)
}

// holds evaluates the condition of a rule, for which the event is already called
// what was found.
func (found *identity) holds(when *pipeline.Expr, e *pipeline.Event) (bool, error) {
	if when.IsZero() {
		return true, nil
	}
	id, key, kind := e.ID, e.Key, e.Type
	defer func() { e.ID, e.Key, e.Type = id, key, kind }()
	e.ID, e.Key, e.Type = found.id, found.key, found.kind
	return when.Holds(e)
}

func (found *identity) apply(e *pipeline.Event) {
	e.ID, e.Key, e.Type, e.Time = found.id, found.key, found.kind, found.time
	if found.ambiguous {
		e.SetMeta(pipeline.MarkAmbiguousTime, "true")
	}
}
