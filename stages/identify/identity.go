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
}

// readTime tries the rules in turn.
func (found *identity) readTime(e *pipeline.Event, readers []reader) error {
	for _, read := range readers {
		t, ambiguous, ok, err := read(e)
		if err != nil {
			return err
		}
		if ok {
			found.time, found.ambiguous = t, ambiguous
			return nil
		}
	}
	if len(readers) > 0 {
		found.time = time.Time{}
	}
	return nil
}

func (found *identity) apply(e *pipeline.Event) {
	e.ID, e.Key, e.Type, e.Time = found.id, found.key, found.kind, found.time
	if found.ambiguous {
		e.SetMeta(pipeline.MarkAmbiguousTime, "true")
	}
}
