package sqs

import (
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/leat-io/leat/internal/awsmessage"
	"github.com/leat-io/leat/internal/rawjson"
)

// size is what counts against the limits of SQS: the body, and the names, types
// and values of attributes.
func (m *outgoing) size() int {
	n := len(m.body)
	for _, a := range m.attributes {
		n += len(a.name) + len(a.kind) + len(a.text) + len(a.binary)
	}
	return n
}

// check reports what SQS would refuse.
func (m *outgoing) check() error {
	if m.body == "" {
		return errors.New("the payload is empty, and a message of SQS cannot be")
	}
	if err := awsmessage.CheckText(m.body); err != nil {
		return fmt.Errorf("the payload cannot be a message of SQS: %w", err)
	}
	for _, a := range m.attributes {
		if err := awsmessage.CheckText(a.text); err != nil {
			return fmt.Errorf("attribute %s cannot be sent: %w", a.name, err)
		}
	}
	return nil
}

// appendJSON appends the members of an entry of SendMessageBatch.
func (m *outgoing) appendJSON(b []byte) []byte {
	b = rawjson.AppendString(append(b, `"MessageBody":`...), m.body)
	if m.group != "" {
		b = rawjson.AppendString(append(b, `,"MessageGroupId":`...), m.group)
	}
	if m.dedup != "" {
		b = rawjson.AppendString(append(b, `,"MessageDeduplicationId":`...), m.dedup)
	}
	for i, a := range m.attributes {
		b = append(b, [...]string{`,"MessageAttributes":{`, `,`}[min(i, 1)]...)
		b = append(rawjson.AppendString(b, a.name), `:{"DataType":`...)
		b = rawjson.AppendString(b, a.kind)
		if a.binary != nil {
			b = rawjson.AppendString(append(b, `,"BinaryValue":`...), base64.StdEncoding.EncodeToString(a.binary))
		} else {
			b = rawjson.AppendString(append(b, `,"StringValue":`...), a.text)
		}
		b = append(b, '}')
	}
	if len(m.attributes) > 0 {
		b = append(b, '}')
	}
	return b
}

// setForm sets the fields of an entry of SendMessageBatch.
func (m *outgoing) setForm(set setter) {
	set("MessageBody", m.body)
	if m.group != "" {
		set("MessageGroupId", m.group)
	}
	if m.dedup != "" {
		set("MessageDeduplicationId", m.dedup)
	}
	for i, a := range m.attributes {
		prefix := fmt.Sprintf("MessageAttribute.%d.", i+1)
		set(prefix+"Name", a.name)
		set(prefix+"Value.DataType", a.kind)
		if a.binary != nil {
			set(prefix+"Value.BinaryValue", base64.StdEncoding.EncodeToString(a.binary))
		} else {
			set(prefix+"Value.StringValue", a.text)
		}
	}
}
