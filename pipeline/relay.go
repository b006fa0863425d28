package pipeline

import (
	"context"
	"errors"
	"math"
	"time"
	"unsafe"

	"github.com/ThreeDotsLabs/watermill/message"
)

// relay is a message of a source that is handed over: another one goes through the flow in
// its place, and it is settled when that is. What of it is not settled when the flow
// stops goes to the next flow.
type relay struct {
	estate *estate
	origin *message.Message
	number uint64 // in the flow that has it, or had it last
	again  bool   // another flow had it before
	tell   func(index int, err error)
	seeds  []seed
}

// seed is what an event is made of anew, as it was before any stage. Each is only looked
// at by whoever has its event, until all of the message have ended.
type seed struct {
	event *Event // nil: it is settled, or was given up
	index int    // in the message of the source
	meta  *metadata
	more  *extras // nil: it came with its id and its bytes only, which it keeps
}

// extras are what a source may say of an event beside.
type extras struct {
	id, key, kind string
	time          time.Time
	raw           []byte
}

func (e *estate) relay(m *message.Message, b *batch) *relay {
	r := &relay{estate: e, origin: m, tell: b.tell, seeds: make([]seed, len(b.events))}
	for i, event := range b.events {
		r.seeds[i] = seed{event: event, index: i, meta: event.meta, more: extrasOf(event)}
	}
	return r
}

func extrasOf(e *Event) *extras {
	raw := e.payload.raw
	plain := e.ID == e.source && e.Key == "" && e.Type == "" && e.Time.IsZero()
	if plain && len(raw) == len(e.origin) && unsafe.SliceData(raw) == unsafe.SliceData(e.origin) {
		return nil
	}
	return &extras{id: e.ID, key: e.Key, kind: e.Type, time: e.Time, raw: raw}
}

// offer returns what goes through the flow for the message.
func (r *relay) offer() (*message.Message, *batch) {
	b := &batch{tell: r.told}
	for i := range r.seeds {
		b.events = append(b.events, r.seeds[i].event)
	}
	ctx := context.WithValue(r.origin.Context(), batchKey{}, b)
	return message.NewMessageWithContext(ctx, r.origin.UUID, r.origin.Payload), b
}

// told is called when an event is settled or goes back.
func (r *relay) told(i int, err error) {
	s := &r.seeds[i]
	if err != nil && !isFinal(err) && r.estate.hasHeir() {
		return
	}
	*s = seed{index: s.index} // others of the message may be held for long
	if r.tell != nil {
		r.tell(s.index, err)
	}
}

// isFinal reports whether nobody but the user can do anything about an event that goes
// back. What goes back because the flow stops is not final.
func isFinal(err error) bool {
	var back *returned
	return !errors.Is(err, ErrReturned) && errors.As(err, &back) && back.final
}

// settle ends the message, unless the next flow is to have what is left of it.
func (r *relay) settle(number uint64, err error) {
	r.number = number
	if err == nil {
		r.origin.Ack()
		return
	}
	if !r.rest() || !r.estate.keep(r) {
		r.origin.Nack()
	}
}

// refused takes back a message that did not get into the flow.
func (r *relay) refused() {
	r.number = math.MaxUint64 // behind those that got in; several keep their order
	if !r.estate.keep(r) {
		r.origin.Nack()
	}
}

// rest makes anew the events that are not settled, and reports whether there are any.
func (r *relay) rest() bool {
	var left []seed
	for _, s := range r.seeds {
		if s.event != nil {
			s.event = s.grow()
			left = append(left, s)
		}
	}
	r.seeds, r.again = left, true
	return len(left) > 0
}

func (s *seed) grow() *Event {
	e := NewEvent(s.event.source, s.event.origin)
	e.Received, e.meta, e.fault = s.event.Received, s.meta, s.event.fault
	if t := s.more; t != nil {
		e.ID, e.Key, e.Type, e.Time, e.payload = t.id, t.key, t.kind, t.time, payload{raw: t.raw}
	}
	return e
}
