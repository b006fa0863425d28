package redisstream

import (
	"context"
	"fmt"
	"strings"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/pipeline"
)

// labelMeta is the label that the redisstream sink puts beside the payload.
const labelMeta = metaPrefix + labelField

// eventsOf makes the events of entries.
func (s *subscription) eventsOf(entries []*entry) []*pipeline.Event {
	events := make([]*pipeline.Event, len(entries))
	for i, e := range entries {
		events[i] = s.eventOf(e)
	}
	return events
}

// eventOf makes the event of an entry. A label that cannot be read is left where it is,
// in the metadata.
func (s *subscription) eventOf(e *entry) *pipeline.Event {
	event := pipeline.NewEvent(s.stream+"/"+e.id, e.payload)
	event.Received = s.clock.Now()
	event.AddMeta(s.metaOf(e))
	if e.uuid != "" {
		event.ID = e.uuid
	}
	if label := event.Meta(labelMeta); label != "" {
		if err := event.ReadLabel(label); err != nil {
			s.unlabelled(e, err)
		}
	}
	if e.missing {
		event.Fail(fmt.Errorf("entry %s of stream %s has no field %q, which is where its payload should be: give the source the name of the right field, as in payload: NAME", e.id, s.stream, s.config.Payload))
	}
	return event
}

// unlabelled says once that events lose what they were: dedupe behind this source does not
// know them again.
func (s *subscription) unlabelled(e *entry, err error) {
	s.counts.labels.Inc()
	s.labelOnce.Do(func() {
		s.log.Warn("the leat field of an entry cannot be read: its event has the entry's id, and no key, time, type and marks; further ones are only counted, as labels_unreadable", "entry", e.id, "error", err)
	})
}

func (s *subscription) metaOf(e *entry) *meta {
	return &meta{s.stream, e.id, s.table.deliveries(e), e.fields}
}

// messageOf makes a message for users of Watermill without leat, who look at payload and
// metadata.
func (s *subscription) messageOf(e *entry) (*message.Message, context.CancelFunc) {
	ctx, cancel := context.WithCancel(s.messages)
	event := s.eventOf(e)
	m := message.NewMessageWithContext(ctx, event.ID, e.payload)
	for name, value := range event.AllMeta() {
		m.Metadata.Set(plainName(name), value)
	}
	delete(m.Metadata, uuidField)
	return m, cancel
}

// plainName is the name that the sender gave to a field; our own metadata keep their
// prefix.
func plainName(name string) string {
	own := strings.TrimPrefix(name, metaPrefix)
	if isOwn(own) {
		return name
	}
	return strings.TrimPrefix(own, fieldPrefix)
}
