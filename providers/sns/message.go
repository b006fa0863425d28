package sns

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/leat-io/leat/internal/awsmessage"
	"github.com/leat-io/leat/pipeline"
)

// message is what is published for an event.
type message struct {
	body, subject string
	attributes    []attribute
	group, dedup  string // of FIFO topics
}

type attribute struct{ name, text string }

const stringType = "String"

// message makes the message of an event, for [topic.admit] to look at. All errors
// are permanent.
func (s *sink) message(e *pipeline.Event, t *topic) (*message, error) {
	raw, err := e.Bytes()
	if err != nil {
		return nil, err
	}
	m := &message{body: string(raw), attributes: make([]attribute, 0, len(s.attributes)+1)}
	for _, add := range [...]func(*message, *pipeline.Event) error{s.addLabel, s.addAttributes, s.addSubject} {
		if err := add(m, e); err != nil {
			return nil, pipeline.Reject(err)
		}
	}
	if err := s.address(m, e, awsmessage.IsFIFO(t.arn)); err != nil {
		return nil, pipeline.Reject(err)
	}
	return m, nil
}

func (s *sink) addLabel(m *message, e *pipeline.Event) error {
	if !s.config.Label {
		return nil
	}
	text := string(e.AppendLabel(nil))
	if len(text) > pipeline.MaxLabel {
		return fmt.Errorf("id, key, type and marks of the event have %d bytes together, and nobody reads a leat attribute of more than %d", len(text), pipeline.MaxLabel)
	}
	m.attributes = append(m.attributes, attribute{awsmessage.LabelName, text})
	return nil
}

func (s *sink) addAttributes(m *message, e *pipeline.Event) error {
	for i := range s.attributes {
		a := &s.attributes[i]
		text, err := a.Of.TextOrNone(e)
		if err != nil {
			return fmt.Errorf("attribute %s: %w", a.Name, err)
		}
		if text != "" { // SNS refuses empty ones
			m.attributes = append(m.attributes, attribute{a.Name, text})
		}
	}
	return nil
}

const maxSubject = 99 // characters

// addSubject shapes a subject as SNS wants it: that it is not quite as written
// concerns no program.
func (s *sink) addSubject(m *message, e *pipeline.Event) error {
	text, err := s.config.Subject.TextOrNone(e)
	if err != nil {
		return fmt.Errorf("subject: %w", err)
	}
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case r == 0xfffe || r == 0xffff:
			return unicode.ReplacementChar
		}
		return r
	}, text))
	if runes := []rune(text); len(runes) > maxSubject {
		text = strings.TrimSpace(string(runes[:maxSubject]))
	}
	m.subject = text
	return nil
}

// address sets what a FIFO topic needs. Standard topics take a group too, for the
// queues behind them, but not every service does: only who asks for it gets it.
func (s *sink) address(m *message, e *pipeline.Event, fifo bool) error {
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
		return errors.New("the event has no id, by which a FIFO topic tells copies from others: give deduplication an expression that has a value for every event")
	}
	m.group, m.dedup = order.Group, order.Deduplication
	return nil
}

// size is what counts against the limits of SNS, or may count: its documents do not
// say whether a subject does.
func (m *message) size() int {
	n := len(m.body) + len(m.subject)
	for _, a := range m.attributes {
		n += len(a.name) + len(stringType) + len(a.text)
	}
	return n
}

// check reports what SNS, or a queue behind it, would refuse.
func (m *message) check() error {
	if m.body == "" {
		return errors.New("the payload is empty, and a message of SNS cannot be")
	}
	if err := awsmessage.CheckText(m.body); err != nil {
		return fmt.Errorf("the payload cannot be a message of SNS: %w", err)
	}
	for _, a := range m.attributes {
		if err := awsmessage.CheckText(a.text); err != nil {
			return fmt.Errorf("attribute %s cannot be sent: %w", a.name, err)
		}
	}
	return nil
}
