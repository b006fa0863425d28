package sqs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/pipeline"
)

// Attributes that name a message better than SQS does: the id that SQS gives is
// new with each send, also when it is the same event that is sent again.
const (
	labelAttribute     = metaPrefix + "leat"
	watermillAttribute = metaPrefix + "_watermill_message_uuid" // of Watermill's own SQS publisher
)

// eventsOf makes the events of messages. None of them keeps another alive.
func (s *subscription) eventsOf(entries []*entry) []*pipeline.Event {
	now := s.clock.Now()
	events := make([]*pipeline.Event, len(entries))
	for i, e := range entries {
		e.event = s.eventOf(e.received, now)
		events[i] = e.event
	}
	return events
}

// eventOf makes the event of a message. A label that cannot be read is left where
// it is, in the metadata.
func (s *subscription) eventOf(m *received, now time.Time) *pipeline.Event {
	e := pipeline.NewEvent(identity(m), m.body)
	e.Received = now
	e.AddMeta(m.meta)
	if !m.meta.custom() {
		return e
	}
	if uuid := e.Meta(watermillAttribute); uuid != "" {
		e.ID = uuid
	}
	if label := e.Meta(labelAttribute); label != "" {
		if err := e.ReadLabel(label); err != nil {
			s.log.Debug("the leat attribute of a message cannot be read", "message", m.id, "error", err)
		}
	}
	return e
}

func identity(m *received) string {
	if m.id != "" {
		return m.id
	}
	hash := sha256.Sum256(m.body)
	return "sha256:" + hex.EncodeToString(hash[:16])
}

// messageOf makes the Watermill message that carries an entry's event. plain is
// for users of Watermill without leat, who look at payload and metadata.
func (s *subscription) messageOf(e *entry) (*message.Message, context.CancelFunc) {
	ctx, cancel := context.WithCancel(s.messages)
	if !s.plain {
		return pipeline.NewBatch(ctx, s.eventsOf([]*entry{e})), cancel
	}
	event := s.eventOf(e.received, s.clock.Now())
	m := message.NewMessageWithContext(ctx, event.ID, e.body)
	for name, value := range event.AllMeta() {
		m.Metadata.Set(plainName(name, e.meta), value)
	}
	return m, cancel
}

// plainName is the name that the sender gave to an attribute, for who sends and
// receives with Watermill alone; the system's attributes keep their prefix.
func plainName(name string, of attributes) string {
	own := strings.TrimPrefix(name, metaPrefix)
	if _, system := of.attribute(own); system || own == messageID {
		return name
	}
	return own
}
