package pipeline

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// Event is one business event on its way through a flow.
//
// Its fields may be set by stages. Its payload is reached through methods,
// because it exists in two forms, see payload.go.
type Event struct {
	// ID tells copies of the same event apart from other events; dedupe goes
	// by it. A source sets one that is stable across redeliveries.
	ID string
	// Key names the entity whose events must stay in order, such as a parcel.
	// Empty: the event belongs to none.
	Key string
	// Time is when it happened, not when it was received. Zero: unknown.
	Time time.Time
	// Type is the kind of event in the vendor's words, or "".
	Type string
	// Seq is its place in the order of its source. The engine sets it.
	Seq Seq
	// Received is when the source got it.
	Received time.Time

	meta    *metadata
	payload payload
	fault   error  // what the source found wrong with it
	origin  []byte // the payload as it came from the source
	source  string // the ID that the source gave its message
	level   uint8  // how many splits it came through
}

// Seq is the place of an event in its source: the number of its message, then
// its index among the parts that a split made of it. Arrival order means the
// order of Seq, never that of who ran first.
type Seq struct {
	Message uint64
	Child   uint64 // three levels of splits: 24, 20 and 20 bits of index
}

// Compare orders by message, then child.
func (s Seq) Compare(o Seq) int {
	if c := cmp.Compare(s.Message, o.Message); c != 0 {
		return c
	}
	return cmp.Compare(s.Child, o.Child)
}

// NewEvent returns an event with the given payload, which the event owns from
// then on: nobody may change the bytes.
func NewEvent(id string, raw []byte) *Event {
	e := &Event{}
	e.Init(id, raw)
	return e
}

// Init is [NewEvent] for an event that is part of a slice.
//
// It may be called again as long as nobody else has the event.
func (e *Event) Init(id string, raw []byte) {
	e.ID, e.source, e.origin = id, id, raw
	e.payload = payload{raw: raw}
}

// Child returns a part of e: same metadata, key, time and type, the ID of e
// with #index, and raw as its payload. raw may be a slice of e's own payload;
// it counts as checked JSON if e's payload does.
func (e *Event) Child(index int, raw []byte) *Event {
	c := e.part(index)
	c.payload = payload{raw: raw, checked: e.payload.checked}
	return c
}

// ChildValue is [Event.Child] with a decoded payload.
func (e *Event) ChildValue(index int, v any) *Event {
	c := e.part(index)
	c.SetValue(v)
	return c
}

func (e *Event) part(index int) *Event {
	return &Event{
		ID: e.ID + "#" + strconv.Itoa(index), Key: e.Key, Time: e.Time, Type: e.Type, Received: e.Received,
		Seq: e.Seq.part(e.level, index), meta: e.meta, source: e.source, level: e.level + 1,
	}
}

// part gives every level of splits its own digits, so that the parts of a part
// stay between their parent and its next sibling. Deeper or wider splits tie.
func (s Seq) part(level uint8, index int) Seq {
	switch n := uint64(index) + 1; level {
	case 0:
		s.Child |= min(n, 1<<24-1) << 40
	case 1:
		s.Child |= min(n, 1<<20-1) << 20
	case 2:
		s.Child |= min(n, 1<<20-1)
	}
	return s
}

// Is reports whether the event is called id, by its own ID or by that of its source, or is
// a part of one that is.
func (e *Event) Is(id string) bool {
	return isOrPart(e.ID, id) || isOrPart(e.source, id)
}

func isOrPart(name, id string) bool {
	return strings.HasPrefix(name, id) && (len(name) == len(id) || name[len(id)] == '#')
}

// Split reports whether the event is a part of the message its source gave.
func (e *Event) Split() bool { return e.level > 0 }

// Clone returns a copy that may be changed without e noticing. Both share the
// payload's bytes, which nobody changes in place.
func (e *Event) Clone() *Event {
	c := *e
	return &c
}

// Fail marks an event that its source could not read as it should be (too
// large, say). It goes to the dead letters before any stage sees it.
func (e *Event) Fail(err error) { e.fault = err }
