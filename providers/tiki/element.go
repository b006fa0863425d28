package tiki

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/pipeline"
)

// element is one of the events of an answer.
type element struct {
	raw []byte
	// id is the event's own, or made of the element if it has none.
	id  string
	own bool
	// facts are what is metadata, in the order of factNames.
	facts [len(factNames)]string
	// fault is why the flow cannot have it.
	fault error
	// digest is that of all its bytes: two of one digest are one event.
	digest [sha256.Size]byte
}

var factNames = [...]string{"sid", "type", "version"}

func readElement(raw []byte) element {
	e := element{raw: raw, digest: sha256.Sum256(raw)}
	e.read()
	if !e.own {
		e.id = hex.EncodeToString(e.digest[:16])
	}
	return e
}

func (e *element) read() {
	var fields rawjson.Fields
	if err := fields.CheckIndex(e.raw, pipeline.MaxDepth); err != nil {
		e.fault = fmt.Errorf("an element of events is not JSON: %w", err)
		return
	}
	if kind := rawjson.KindOf(e.raw); kind != rawjson.Object {
		e.fault = fmt.Errorf("an element of events is no object: %s", kind)
		return
	}
	if raw, ok := fields.Get("id"); ok {
		e.id = textOf(raw)
		e.own = e.id != ""
	}
	for i, name := range factNames {
		if raw, ok := fields.Get(name); ok {
			e.facts[i] = textOf(raw)
		}
	}
}

// textOf returns the text of a string or number, "" of anything else.
func textOf(raw []byte) string {
	switch rawjson.KindOf(raw) {
	case rawjson.String, rawjson.Number:
		return rawjson.Text(raw)
	}
	return ""
}

// eventOf makes the event of an element.
func (s *subscription) eventOf(e *element) *pipeline.Event {
	event := pipeline.NewEvent(e.id, e.raw)
	event.Received = s.clock.Now()
	event.AddMeta(&meta{s.queue, e.facts})
	if e.fault != nil {
		event.Fail(e.fault)
	}
	return event
}
