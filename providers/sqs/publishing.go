package sqs

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/internal/awsmessage"
)

// Metadata of a Watermill message that says where it belongs in a FIFO queue. It
// is what the subscriber sets, so that a message that is passed on stays where it
// was.
const (
	metaGroup         = metaPrefix + "MessageGroupId"
	metaDeduplication = metaPrefix + "MessageDeduplicationId"
)

// oneGroup is the group of messages that name none: they stay in order.
const oneGroup = "watermill"

// outgoingOf makes the message that carries a message of Watermill.
func outgoingOf(m *message.Message, fifo bool) (*outgoing, error) {
	out := &outgoing{body: string(m.Payload), group: m.Metadata.Get(metaGroup)}
	if m.UUID != "" { // SQS refuses empty ones
		out.attributes = append(out.attributes, attribute{name: watermillAttribute[len(metaPrefix):], kind: "String", text: m.UUID})
	}
	for name, value := range m.Metadata {
		if strings.HasPrefix(name, metaPrefix) || value == "" {
			continue
		}
		if err := awsmessage.CheckName(name); err != nil {
			return nil, fmt.Errorf("metadata %q cannot be an attribute: %w", name, err)
		}
		out.attributes = append(out.attributes, attribute{name: name, kind: "String", text: value})
	}
	if len(out.attributes) > awsmessage.MaxAttributes {
		return nil, fmt.Errorf("%d metadata values and its UUID are more than the %d attributes that SQS takes", len(m.Metadata), awsmessage.MaxAttributes)
	}
	if !fifo {
		return out, nil
	}
	dedup := cmp.Or(m.Metadata.Get(metaDeduplication), m.UUID)
	if dedup == "" {
		return nil, fmt.Errorf("it has neither a UUID nor %s, by which a FIFO queue tells copies from others", metaDeduplication)
	}
	out.group, out.dedup = awsmessage.ID(cmp.Or(out.group, oneGroup)), awsmessage.ID(dedup)
	return out, nil
}

// outgoing makes all messages before any of them is sent.
func (q *sinkQueue) outgoing(messages []*message.Message) ([]*outgoing, error) {
	all := make([]*outgoing, len(messages))
	for i, m := range messages {
		out, err := outgoingOf(m, q.fifo())
		if err == nil {
			err = q.admit(m.Context(), out)
		}
		if err != nil {
			return nil, fmt.Errorf("message %s: %w", m.UUID, err)
		}
		all[i] = out
	}
	return all, nil
}

// sendInOrder sends one after another, or their order would be left to chance.
func (q *sinkQueue) sendInOrder(messages []*message.Message, all []*outgoing) error {
	for i, out := range all {
		if err := q.send(messages[i].Context(), out); err != nil {
			return fmt.Errorf("message %s: %w", messages[i].UUID, err)
		}
	}
	return nil
}

func (q *sinkQueue) sendTogether(messages []*message.Message, all []*outgoing) error {
	errs := make([]error, len(all))
	var calls sync.WaitGroup
	for i, out := range all {
		calls.Go(func() { errs[i] = q.send(messages[i].Context(), out) })
	}
	calls.Wait()
	return errors.Join(errs...)
}
