package sqs

import (
	"errors"
	"fmt"

	"github.com/leat-io/leat/internal/awsmessage"
	"github.com/leat-io/leat/pipeline"
)

// message makes the message of an event, for [sinkQueue.admit] to look at. All
// errors are permanent.
func (s *sink) message(e *pipeline.Event, q *sinkQueue) (*outgoing, error) {
	raw, err := e.Bytes()
	if err != nil {
		return nil, err
	}
	m := &outgoing{body: string(raw), attributes: make([]attribute, 0, len(s.attributes)+1)}
	for _, add := range [...]func(*outgoing, *pipeline.Event) error{s.addLabel, s.addAttributes} {
		if err := add(m, e); err != nil {
			return nil, pipeline.Reject(err)
		}
	}
	if err := s.address(m, e, q.fifo()); err != nil {
		return nil, pipeline.Reject(err)
	}
	return m, nil
}

func (s *sink) addLabel(m *outgoing, e *pipeline.Event) error {
	if !s.config.Label {
		return nil
	}
	text := string(e.AppendLabel(nil))
	if len(text) > pipeline.MaxLabel {
		return fmt.Errorf("id, key, type and marks of the event have %d bytes together, and nobody reads a leat attribute of more than %d", len(text), pipeline.MaxLabel)
	}
	m.attributes = append(m.attributes, attribute{name: awsmessage.LabelName, kind: "String", text: text})
	return nil
}

func (s *sink) addAttributes(m *outgoing, e *pipeline.Event) error {
	for i := range s.attributes {
		a := &s.attributes[i]
		text, err := a.Of.TextOrNone(e)
		if err != nil {
			return fmt.Errorf("attribute %s: %w", a.Name, err)
		}
		if text != "" { // SQS refuses empty ones
			m.attributes = append(m.attributes, attribute{name: a.Name, kind: "String", text: text})
		}
	}
	return nil
}

// address sets what a FIFO queue needs. Standard queues take a group too, for
// which they are fair to others, but not every service does: only who asks for it
// gets it.
func (s *sink) address(m *outgoing, e *pipeline.Event, fifo bool) error {
	group, err := s.config.Group.TextOrNone(e)
	if err != nil {
		return fmt.Errorf("group: %w", err)
	}
	if !fifo {
		m.group = awsmessage.ID(group)
		return nil
	}
	dedup, err := s.config.Deduplication.TextOrNone(e)
	if err != nil {
		return fmt.Errorf("deduplication: %w", err)
	}
	order, ok := awsmessage.OrderOf(group, dedup, e.Key, e.ID)
	if !ok {
		return errors.New("the event has no id, by which a FIFO queue tells copies from others: give deduplication an expression that has a value for every event")
	}
	m.group, m.dedup = order.Group, order.Deduplication
	return nil
}
